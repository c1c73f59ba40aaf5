import { scriptsOf } from './scripts.ts';

/** The language itself: syntax and its errors, scopes, calls, loops. */
export const language2Scripts = scriptsOf(String.raw`
return 0x
%%
return 0xg
%%
return 1e
%%
return 1e+
%%
return 1..2
%%
return .5
%%
return 5.
%%
return 0x10
%%
return 0X1F
%%
return 1e3
%%
return 3e-2*100
%%
return @
%%
return $x
%%
return !x
%%
return a & b
%%
return a ~ b
%%
return ~a
%%
return a != b
%%
goto x
%%
local goto = 5 return goto
%%
return 5 // 2
%%
return 1 +* 2
%%
return not
%%
return -
%%
return #
%%
return ...
%%
function f() return ... end
%%
local f = function() return ... end
%%
end
%%
else
%%
return 1;
%%
return 1;;
%%
; return 1
%%
local a;; return 1
%%
local a; return 1
%%
do end return 1
%%
return [[
x]]
%%
return [[

x]]
%%
return [==[ ]] ]==]
%%
return [[a[[b]]
%%
return [[a]b]]
%%
-- comment
return 1
%%
--[[ long
comment ]] return 1
%%
--[==[ x ]] ]==] return 2
%%
return 1 -- trailing
%%
return --[[inline]] 1
%%
local a <const> = 1
%%
local t = {} t.end = 1
%%
local t = {end=1}
%%
local and = 1
%%
return nil.x
%%
return "x".y
%%
return ("x").y
%%
return {}.x
%%
return function() end.x
%%
return 1.x
%%
local f = function(x) return x end
return f
(1)
%%
local f = function(x) return x end
return f{1}
%%
local f = function(x) return x end return f"s"
%%
local f = function(x) return x end return f[[s]]
%%
local f = function(x) return x end return f's':len()
%%
return #"abc" + #{1,2}
%%
return -2^2
%%
return not nil == true
%%
return not (nil == true)
%%
return 2^3^2
%%
return 1 .. 2 .. 3
%%
return 1+2 .. 3+4
%%
return 1 < 2 == true
%%
return "a" < "b" and 1 or 2
%%
return nil and 1 or 2
%%
return false or nil
%%
return 1 and nil
%%
return (1 and 2) + (nil or 3)
%%
return 5 % 3 * 2 - 4 / 2
%%
return (2+3)*4
%%
return - - 2
%%
return not not 1
%%
local a,b,c = (function() return 1,2,3 end)() return {a,b,c}
%%
local a,b,c = 0,(function() return 1,2,3 end)() return {a,b,c}
%%
local function f() return 1,2,3 end return {f(),f()}
%%
local function f() return 1,2,3 end return {f(),(f())}
%%
local function f() return 1,2,3 end return {f(),nil}
%%
local function f() end return {f(),1}
%%
local function f() end return {1,f()}
%%
local function f(...) return select('#',...) end return {f(),f(nil),f(nil,nil),f(1,nil)}
%%
local function f(...) return ... end return {f(1,2),f(3,4)}
%%
local function f(...) return (...) end return {f(1,2),f(3,4)}
%%
local function f(...) local a,b = ... return {b,a} end return f(1,2)
%%
local function f(...) return {n=select('#',...),...} end local t=f(1,nil,3)
return {t.n,t[1],t[3]}
%%
local a,b = 1,2 a,b = b,a return {a,b}
%%
local t = {} t.x,t.x = 1,2 return t.x
%%
local t = {1,2,3} t[1],t[2],t[3] = t[3],t[1],t[2] return t
%%
local a = 1 do local a = 2 end return a
%%
local a = 1 do a = 2 end return a
%%
local a = 1 local a = a + 1 return a
%%
local f = function() return f end return f()
%%
local function f(n) if n == 0 then return 1 end return n * f(n-1) end return f(10)
%%
local t = {} for i=1,3 do t[i] = function() return i end end return {t[1](),t[2](),t[3]()}
%%
local t = {} for i=1,3 do local j = i t[i] = function() j = j + 1 return j end end
return {t[1](),t[1](),t[2]()}
%%
local function counter() local n = 0 return function() n = n + 1 return n end, function()
return n end end local inc,get = counter() inc() inc() return get()
%%
local x = 1 local function f() x = x + 1 return function() x = x * 10 return x end end
return {f()(),x}
%%
local i = 1 while i < 10 do i = i * 2 if i > 5 then break end end return i
%%
local i = 0 repeat local x = i i = i + 1 until x >= 3 return i
%%
local s = 0 for i=1,10 do if i % 2 == 0 then s = s + i end end return s
%%
local s = 0 for i=10,1,-1 do s = s * 2 + i end return s
%%
local s = 0 for i=1,0 do s = 1 end return s
%%
local n = 0 for i=0,1,0.1 do n = n + 1 end return n
%%
local n = 0 for i=1,3 do local i = i * 2 n = n + i end return n
%%
local n = 0 for i=3,1,0 do n = n + 1 if n > 5 then break end end return n
%%
for i=1,3 do for j=1,3 do if j == 2 then break end if i == 3 then return {i,j} end end end
%%
local t = {f=function(self,x) return self.v + x end, v=10} return t:f(5)
%%
local t = {} function t.a(x) return x end function t:b(x) return self == t and x end
return {t.a(1),t:b(2)}
%%
local t = {a={b={}}} function t.a.b.c(x) return x end function t.a.b:d() return self == t.a.b
end return {t.a.b.c(7),t.a.b:d()}
%%
local t = {10,20,30,[2]=99,x=1,["y z"]=2,[10]=3;40}
return {t[1],t[2],t[3],t[4],t.x,t["y z"],t[10]}
%%
local t = {[1]="a","b"} return t
%%
local t = {(function() return 1,2 end)(),(function() return 3,4 end)()} return t
%%
local t = {} t[2^53]=1 return t[2^53]
%%
local k = {} local t = {[k]=1,[true]=2,[print_or_nil and 1 or 2]=3} return {t[k],t[true]}
%%
local function f()
  local x = nil
  return x.y
end

return f()
%%
local a = 1
local b = a +
  nil
%%
local a = nil
local b = "x" ..
  a
%%
local t = {}
t.x
  .y = 1
%%
local t = {}
t.f(
  1
)
%%
local r = redis return r.call("echo","aliased")
%%
local r = redis return r["call"]("echo","aliased")
%%
redis = 1
%%
getmetatable("").__len = 1
%%
rawset(string,"x",1)
%%
return 10 == "10"
%%
return "10" + 5
%%
return "10" * "2"
%%
return "0x10" + 0
%%
return " 10 " + 1
%%
return "1e2" * 1
%%
return "abc" + 1
%%
return 10 .. 20
%%
return "a" < "B"
%%
return "a" < "aa"
%%
return "" < "a"
%%
return "a\0b" < "a\0c"
%%
return "Z" < "a"
%%
return "\200" > "a"
%%
return 1 == 1.0
%%
return 0 == -0
%%
return (0/0) == (0/0)
%%
return {1 < 2, 2 <= 2, 3 > 4, 4 >= 4, 1 ~= 2, "a" == "a", "a" ~= "b"}
%%
return {nil == false, {} == {}, "1" == 1}
%%
return {rawequal("a","a"),rawequal({},{}),rawequal(1,1)}
%%
return {select(-1,1,2,3)}
%%
return {select(2,"a","b","c")}
`);
