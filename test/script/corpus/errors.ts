import { scriptsOf } from './scripts.ts';

/** Errors, protected calls, metatables and loaded chunks. */
export const errorsScripts = scriptsOf(String.raw`
error()
%%
error(nil)
%%
error(5)
%%
error(true)
%%
error("x",0)
%%
error("x",2)
%%
return pcall()
%%
return {pcall(error,{})}
%%
local a,b= loadstring("return 1 +") return b
%%
local f=loadstring("x=1") return f()
%%
local f=loadstring("error(1)") f()
%%
local f=loadstring("error('q')") f()
%%
local f=loadstring("error('q')", "@foo") f()
%%
local f=loadstring("error('q')", "=foo") f()
%%
local f=loadstring("error('q')", "foo") f()
%%
local t=setmetatable({},{__index=function(t,k) return k end}) return t.x
%%
return setmetatable
%%
return {pcall(error,"x")}
%%
return {pcall(error,"x",1)}
%%
return {pcall(error,"x",2)}
%%
return {pcall(function() error("x",1) end)}
%%
return {pcall(function() error("x",2) end)}
%%
local function f() error("x",2) end f()
%%
local function f() error("x",2) end local function g() f() end g()
%%
local function f() error("x",2) end local function g() return f() end g()
%%
local function f() error("x",3) end local function g() f() end g()
%%
local function f() return error("x") end f()
%%
local function f() return error("x") end return f()
%%
assert(false)
%%
assert(nil,"m")
%%
assert(false,{})
%%
assert()
%%
assert(1==2,5)
%%
return {assert(1,2,3)}
%%
setmetatable({},1)
%%
setmetatable(1,{})
%%
local t=setmetatable({},{__metatable=5}) setmetatable(t,{})
%%
return getmetatable(setmetatable({},{__metatable=5}))
%%
xpcall()
%%
return {xpcall(function() error("a") end,function(m) return m.."!" end)}
%%
return {xpcall(function() error("a") end,function(m) error("b") end)}
%%
return {xpcall(function(...) return select('#',...) end,print,1,2)}
%%
return {xpcall(function(...) return select('#',...) end,function() end,1,2)}
%%
return {xpcall(function() return 7 end)}
%%
return loadstring("return ...")(5)
%%
return {load(function() return nil end)}
%%
local n=0 return load(function() n=n+1 return ({"return ","7"})[n] end)()
%%
return {load(5)}
%%
return {loadstring(5)}
%%
local t=setmetatable({},{}) getmetatable(t).__index=t return t.x
%%
local t=setmetatable({},{__index=function() error("q") end}) return t.x
%%
local t=setmetatable({},{__add=function(a,b) return 7 end}) return t+1
%%
local t=setmetatable({},{__call=function(self,a) return a end}) return t(5)
%%
local t=setmetatable({},{__concat=function(a,b) return 'c' end}) return 'x'..t
%%
local t=setmetatable({},{__lt=function(a,b) return true end}) return t<t
%%
local t=setmetatable({},{__lt=function(a,b) return true end}) return t<=t
%%
local t=setmetatable({},{__lt=function(a,b) return true end}) return t<1
%%
local t=setmetatable({},{__eq=function(a,b) return true end})
return t==setmetatable({},getmetatable(t))
%%
return loadstring("\27Lua")
%%
return {loadstring("\27Lua")}
%%
return setmetatable({},{__index=function() return 1 end})
%%
error("a\0b")
%%
return {pcall(error,"a\0b")}
%%
return {pcall(assert,false,"a\0b")}
%%
return select(2,pcall(function() assert(false,"a\0b") end))
%%
return select(2,pcall(function() local t={} t[1]["a\0b"].x=1 end))
%%
return select(2,pcall(function() return ("x")["a\0b"].x end))
%%
local mt = {__index=function(t,k) return k .. "!" end} local t = setmetatable({},mt)
return {t.a,t[1],rawget(t,"a")}
%%
local log = {} local t = setmetatable({},{__newindex=function(t,k,v) log[#log+1]=k rawset(t,k,
v) end}) t.a=1 t.a=2 t.b=3 return {#log,t.a,t.b}
%%
local mt = {__sub=function() return "sub" end,__mul=function()
return "mul" end,__div=function() return "div" end,__mod=function()
return "mod" end,__pow=function() return "pow" end} local t = setmetatable({},mt)
return {t-1,1-t,t*1,t/1,t%1,t^1,2^t}
%%
local t = setmetatable({},{__index=function(t,k) error("no field "..k) end})
return t.foo
%%
local t = setmetatable({},{__index=function(t,k) error("no field "..k,2) end})

return t.foo
%%
local function f()
  error("deep")
end
local function g()
  f()
end
g()
%%
local ok, err = pcall(function()
  error("in")
end)
return err
%%
local ok, err = pcall(function() error({code=5}) end) return err.code
%%
local ok, err = pcall(error) return {ok, err}
%%
local ok, err = pcall(function() error("x",0) end) return err
%%
return {pcall(function(...) return ... end,1,2,3)}
%%
return {pcall(pcall,error,"x")}
%%
return select(2,pcall(nil))
%%
return select(2,pcall(5))
%%
return select(2,pcall({}))
%%
local t = setmetatable({},{__call=function() return "called" end}) return select(2,pcall(t))
%%
error("MYCODE text")
%%
setmetatable(string,{})
%%
return loadstring("return 1 + 1")()
%%
return loadstring("local a, b = ... return b, a")(1, 2)
%%
return select(2,loadstring("x ="))
%%
return select(2,loadstring("x =", "=name"))
%%
return select(2,loadstring("x =", "@file.lua"))
%%
return select(2,loadstring("\n\nx = ="))
%%
return select(2,loadstring("local s = 'a very long line of source that goes on for ever' x ="))
%%
return loadstring("x = 1") == nil
%%
return pcall(loadstring("error('in chunk')"))
%%
return select(2,pcall(loadstring("error('in chunk')")))
%%
return select(2,pcall(loadstring("\nlocal x = nil + 1","=(code)")))
%%
local parts,i = {"return ","1","+2"},0 return load(function() i = i + 1 return parts[i] end)()
%%
return select(2,load(function() error("reader") end))
%%
return select(2,load(function() return {} end))
%%
return xpcall(function() return 1 end,function() end)
%%
return {xpcall(error,function(m) return "handled" end)}
%%
return {xpcall(function() local x = nil; x() end,function(m) return "H:"..m end)}
`);
