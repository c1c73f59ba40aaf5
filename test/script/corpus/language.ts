import { scriptsOf } from './scripts.ts';

/** The language itself: syntax and its errors, scopes, calls, loops. */
export const languageScripts = scriptsOf(String.raw`
return 1 +
%%
return collectgarbage()
%%
return collectgarbage("step")
%%
return collectgarbage("foo")
%%
return {(function() return 1,2 end)()}
%%
return _VERSION
%%
return print
%%
return {1,2,nil,4}
%%
return {1,2,false,4}
%%
return 3.99
%%
return -3.99
%%
return 1e20
%%
return -1e20
%%
return 0/0
%%
return 1/0
%%
return {1.5,true,false,"x",{2}}
%%
return {a=1}
%%
return true
%%
return false
%%
return nil
%%
return
%%
return "a\0b"
%%
return function() end
%%
return 1,2
%%
for k in {} do end
%%
for k in nil do end
%%
for i='a',2 do end
%%
for i=1,'b' do end
%%
for i=1,2,{} do end
%%
local x; x()
%%
local x; x.y=1
%%
local x={}; x.y.z=1
%%
local x={}; x.y()
%%
local x={}; x:y()
%%
local x={}; x[1]()
%%
local x={}; x[1].y=1
%%
local x={} local i=1; x[i].y=1
%%
local x={} local i='q'; x[i].y=1
%%
local u; local function f() return u.y end f()
%%
local u; local function f() u() end f()
%%
local u; local function f() return u+1 end f()
%%
local u; local function f() return u.."x" end f()
%%
local x; return x+1
%%
return 1+nil
%%
return {}+1
%%
return 1+{}
%%
return "a"+1
%%
return 1+"a"
%%
return "10"+1
%%
return "0x10"+1
%%
return -{}
%%
local x={} return -x
%%
local x={} return #x.y
%%
return #5
%%
return "a".. {}
%%
local t={} return "a"..t.."b"
%%
local t={} return t.."b"
%%
local t={} return "x".."a"..t.x.."b"
%%
return 1<"2"
%%
return {}<{}
%%
return nil<1
%%
return {}<=1
%%
return (nil or nil).x
%%
local a return (a or a).x
%%
local a return (a and a).x
%%
return (a)
%%
local a return (a).x
%%
return ("x").y.z
%%
return ("x"):foo()
%%
local function f(...) return ... .x end f()
%%
return f.x
%%
return getmetatable("").__name
%%
rawset({},nil,1)
%%
local t={} t[nil]=1
%%
local t={} t[0/0]=1
%%
return ({})[nil]
%%
rawget(1,2)
%%
rawequal(1)
%%
return select(0)
%%
return select('#')
%%
return select(-1,1,2)
%%
return select(-3,1,2)
%%
return {select(2,1,2,3)}
%%
select('x')
%%
return {type(nil)}
%%
type()
%%
local a = ... return a
%%
local function f(...) return arg.n end return f(1,2,3)
%%
local function f(...) local a=... return arg end return f(1,2,3)
%%
local function f(n) return 1+f(n) end return f(1)
%%
local f f=function(n) return 1+f(n) end return f(1)
%%
local s='' for i=1,3 do s=s..i end return s
%%
a.b=1
%%
function a() end
%%
return 10/3 ..""
%%
return 1e15 .." "..2^31 .." "..-1e14
%%
return 7%3 ..","..-7%3 ..","..7%-3 ..","..-7%-3 ..","..5.5%2
%%
return 2^10 ..","..2^-1 ..","..(-2)^2 ..","..-2^2
%%
return 1 ..2
%%
return {[1]=1,[2]=2,[4]=4}
%%
return {1,nil,3}
%%
return {nil,1}
%%
return {{},{{}}}
%%
return 2^53
%%
return 2^53+2
%%
return -2^53
%%
return 9.2e18
%%
return 2^62
%%
return -2^63
%%
return 2^63
%%
return -0
%%
return 0.9
%%
return -0.9
%%
return collectgarbage("a\0b")
%%
x
%%
x y
%%
local
%%
local 5
%%
if x then
%%
if true then return 1
%%
if true
then return 1
%%
for i=1 do end
%%
for i in do end
%%
for 5 do end
%%
for a.b=1,2 do end
%%
while true
%%
repeat until
%%
return return
%%
return 1 return 2
%%
break
%%
function f( end
%%
function f(a,) end
%%
function f(...,a) end
%%
function f(5) end
%%
function 5() end
%%
local function f.x() end
%%
x = = 1
%%
x =
%%
x, = 1
%%
x, y
%%
f() = 1
%%
(x) = 1
%%
(x).y
%%
a.5 = 1
%%
a:b = 1
%%
a:b
%%
local a = {1,2
%%
local a = {1 2}
%%
local a = {[1] 2}
%%
local a = {a=}
%%
local a = {,}
%%
local a = }
%%
return (1
%%
return f(1
%%
return f(1,)
%%
return "abc
%%
return "abc
def"
%%
return 'abc
%%
return [[abc
%%
return [==[abc]]
%%
--[[ abc
%%
--[==[ abc ]]
%%
return [=abc
%%
return "\300"
%%
return "\q"
%%
return "\x41"
%%
return "\65\066\0067"
%%
return "a\
b"
%%
return 3x
%%
return 3.4.5
`);
