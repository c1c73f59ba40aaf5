import { scriptsOf } from './scripts.ts';

/** Numbers: reading, writing, and the mathematical functions. */
export const numbersScripts = scriptsOf(String.raw`
return tostring(1)<nil
%%
tonumber()
%%
tonumber("10",1)
%%
tonumber("10",37)
%%
tonumber({})
%%
return tonumber({},10)
%%
return tonumber({},16)
%%
return tonumber("zz",36)
%%
return tostring(tonumber("-ff",16))
%%
return tonumber("0x10",16)
%%
return tostring(tonumber("1e"))
%%
return tonumber("0x1p4")
%%
return tostring(tonumber("inf"))
%%
return tostring(tonumber(""))
%%
return tonumber(" 5 ")
%%
return tonumber("5\0")
%%
return tostring(tonumber("5 x"))
%%
return tonumber("1e1")
%%
return tostring(tonumber("0x"))
%%
return tostring(tonumber("08"))
%%
return tostring(tonumber("1_0"))
%%
return tonumber("12",3)
%%
return tostring(tonumber("13",3))
%%
return tostring(0/0)
%%
return tostring(math.sqrt(-1))
%%
return tostring(1e15)
%%
return tostring(123456789012345)
%%
return tostring(-0)
%%
return tostring(0*-1)
%%
return tostring(1e100)
%%
return tostring(2^53)
%%
return tostring(0.1)
%%
return tostring(1/3)
%%
return tostring(100000000000000)
%%
return tostring(99999999999999)
%%
return tostring(1e300*1e10)
%%
local t=setmetatable({},{__unm=function(a,b) return tostring(a==b) end}) return -t
%%
math.randomseed(5) return {math.random(100),math.random(100),math.random(5,7)}
%%
math.random(0)
%%
math.random(2,1)
%%
math.random(1,2,3)
%%
return tostring(12345.678e10)
%%
return tostring(1e14).." "..tostring(123456.789).." "..tostring(1e-5).." "..tostring(123e-7)
%%
return tostring(1234567890123.25)
%%
return tostring(12345678901234.5)
%%
return tostring(5e-324).." "..tostring(1.7976931348623157e308)
%%
return tostring(0.1+0.2)
%%
return tostring(5%0).." "..tostring(5%(1/0)).." "..tostring(-5%(1/0))
%%
return math.fmod(7,3)..","..math.fmod(-7,3)..","..math.floor(-1.5)..","..math.ceil(-1.5)
%%
return tostring(math.max(1,"30",5)).." "..tostring(math.min(3,2))
%%
math.max()
%%
return tostring(math.modf(3.7)).." "..select(2,math.modf(-3.7))
%%
return {math.frexp(8),math.ldexp(0.5,4),tostring(math.log10(1000)),tostring(math.huge)}
%%
return tostring(math.modf(1/0)).." "..tostring(select(2,math.modf(1/0)))
%%
return math.abs("x")
%%
local a,b,c = ((function() return 1,2,3 end)()) return {a,tostring(b),tostring(c)}
%%
local a,b,c = (function() return 1,2,3 end)(),0 return {a,b,tostring(c)}
%%
local t,i = {},1 i,t[i] = i+1,20 return {i,t[1],tostring(t[2])}
%%
local k = {} local t = {[k]=1,[true]=2} return {t[k],t[true],tostring(t[false])}
%%
local base = {x=1} local t = setmetatable({},{__index=base,__newindex=base}) t.y=2
return {t.x,t.y,tostring(rawget(t,"y")),base.y}
%%
local V = {} V.__index = V V.__add = function(a,b) return setmetatable({v=a.v+b.v},V)
end V.__eq = function(a,b) return a.v==b.v end V.__lt = function(a,b) return a.v<b.v
end V.__le = function(a,b) return a.v<=b.v end V.__tostring = function(a) return "V"..a.v
end V.__concat = function(a,b) return tostring(a)..tostring(b) end V.__call = function(self,x)
return self.v*x end V.__unm = function(a) return setmetatable({v=-a.v},V) end
local a,b = setmetatable({v=1},V),setmetatable({v=2},V)
return {(a+b).v,a==b,a<b,a<=b,a>b,a>=b,tostring(a),a..b,a.."x","x"..a,a(5),(-a).v}
%%
local ok, err = pcall(function() error() end) return {ok, tostring(err)}
%%
local tostring = function() return "shadowed" end return tostring(1)
%%
return tostring(nil) .. tostring(true) .. tostring(1.5)
%%
return math.huge == 1/0
%%
return math.floor(3.7) .. "," .. math.ceil(3.2) .. "," .. math.abs(-5) .. "," .. math.sqrt(16)
%%
return math.floor(-0.5)
%%
return {math.max(3,7,5), math.min(3,7,5), math.pow(2,8), math.fmod(-7,3)}
%%
return tostring(math.pi)
%%
return {math.floor(math.sin(1)*1000), math.floor(math.cos(1)*1000),
 math.floor(math.exp(2)*1000), math.floor(math.log(10)*1000)}
%%
math.randomseed(42) local a = math.random(1000) math.randomseed(42)
return {a, a == math.random(1000), a}
%%
math.randomseed(7) return {math.random(10), math.random(5,6), math.random(100),
 math.floor(math.random()*1e6)}
%%
math.randomseed(-3) return math.random(1e6)
%%
math.randomseed(2^40+5) return math.random(1e6)
%%
return math.random(0)
%%
return {tonumber("10"),tonumber("  0x1F  "),tonumber("1e2"),tonumber("z",36),tonumber("ff",16),
tonumber("777",8),tonumber("1010",2)}
%%
return {tostring(tonumber("abc")),tostring(tonumber("")),tostring(tonumber(" ")),
tostring(tonumber("1 2")),tostring(tonumber("0b1")),tostring(tonumber(nil))}
%%
return tonumber("9",8)
%%
return tonumber(10.5,16)
%%
return {math.mod(7,3), tostring(math.mod == math.fmod)}
`);
