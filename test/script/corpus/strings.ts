import { scriptsOf } from './scripts.ts';

/** The string library: formats and patterns. */
export const stringsScripts = scriptsOf(String.raw`
return tostring.x.y
%%
string.rep()
%%
string.rep("x")
%%
("x"):rep()
%%
("x"):rep({})
%%
local r=string.rep r()
%%
local t={f=string.rep} t.f()
%%
local t={f=string.rep} t[1]=t.f t[1]()
%%
pcall(string.rep) return {pcall(string.rep)}
%%
return {pcall(string.rep,1,{})}
%%
local t=setmetatable({},{__index=string.rep}) return t.x
%%
return ("x"):gfind("x")()
%%
return string.format("%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%#o",42,42,42,42,42,255,255,255,8,8)
%%
return string.format("%5.2f|%e|%E|%g|%G|%10.3e|%-10.2f|%010.2f|%+f",3.14159,3.14159,3.14159,
1e20,1e-10,123.456,2.5,2.5,2.5)
%%
return string.format("%s %10s %-10s| %.2s","a","b","c","defg")
%%
return string.format("%q","a\"b\\c\nd\re\0f")
%%
return string.format("%c%c%c",65,66,67)
%%
return string.format("a%cb",0)
%%
return string.format("%5cx",0)
%%
return string.format("%d",3.99)
%%
return string.format("%d","10")
%%
return string.format("%d","x")
%%
return string.format("%d")
%%
return string.format("%y",1)
%%
return string.format("%")
%%
return string.format("%123d",1)
%%
return string.format("%.123d",1)
%%
return string.format("%------d",1)
%%
return string.format("%s",nil)
%%
return string.format("%s",{})
%%
return string.format("%s",true)
%%
return string.format("%s",5)
%%
return string.format("%.0f %.0f %.0f %.0f",0.5,1.5,2.5,3.5)
%%
return string.format("%.1f %.2f %.3f",0.25,0.125,0.0625)
%%
return string.format("%.14g",0.1)
%%
return string.format("%.17g",0.1)
%%
return string.format("%.20f",0.1)
%%
return string.format("%.99f",0.1)
%%
return string.format("%f",1e300)
%%
return string.format("%g %g %g %g",100000,1000000,0.0001,0.00001)
%%
return string.format("%#g %#g",1,1e10)
%%
return string.format("%u",-1)
%%
return string.format("%x",-1)
%%
return string.format("%x",2^63)
%%
return string.format("%x",2^64)
%%
return string.format("%u",1e30)
%%
return string.format("%d",1e30)
%%
return string.format("%d",0/0)
%%
return string.format("%x",0/0)
%%
return string.format("%u",-1e30)
%%
return string.format("%f %f %f",1/0,-1/0,0/0)
%%
return string.format("%5.1f|%05d|%-5s|",1/0,-3,"x")
%%
return string.format("%010f",1/0)
%%
return string.format("%.0e %.3e",12345,0)
%%
return string.format("%5%")
%%
return string.format("%.3d|%8.3d|%-8.3d|%08.3d",5,5,5,5)
%%
return string.format("%.d|%.0d",0,0)
%%
return string.format("%i",5)
%%
return string.format("%a",1)
%%
return string.format("%p",1)
%%
return string.format("%n",1)
%%
return string.format("%ld",1)
%%
return string.format("%s","a\0b")
%%
return string.format("%s",("x"):rep(120).."\0y")
%%
return string.format("%200s","x")
%%
return string.format("%99s","x")
%%
return string.format()
%%
return string.format(5)
%%
return string.format("%G",0.00001)
%%
return string.format("%#x %#o",0,0)
%%
return string.format("%+s","x")
%%
return {("hello"):find("l")}
%%
return {("hello"):find("l",1,true)}
%%
return {("hello"):find("(l)(l)")}
%%
return {("hello"):find("")}
%%
return {("hello"):find("",10)}
%%
return {("hello"):find("",6)}
%%
return {("hello"):find("h",-10)}
%%
return {("hello"):find("l",-2)}
%%
return {("hello"):find("xyz")}
%%
return {("hello"):find("^h")}
%%
return {("hello"):find("^l")}
%%
return {("hello"):find("o$")}
%%
return {("a.b"):find(".",1,true)}
%%
return {("hello"):match("(h)(.)(.*)")}
%%
return {("hello"):match("()l()")}
%%
return {("key=val"):match("(%w+)=(%w+)")}
%%
return {("  x  "):match("^%s*(.-)%s*$")}
%%
return {("f(a(b)c)d"):match("%b()")}
%%
return {("THE (quick) fox"):find("%((%a+)%)")}
%%
return {("hello hello"):match("(h%a+) %1")}
%%
return {("THE (quick) fox"):gsub("%f[%a]%a+","X")}
%%
return {("hello"):gsub("l","L")}
%%
return {("hello"):gsub("l","L",1)}
%%
return {("hello"):gsub("","-")}
%%
return {("hello"):gsub(".","%0%0")}
%%
return {("hello"):gsub("(l)(.)","%2%1")}
%%
return {("hello"):gsub("l",{l="X"})}
%%
return {("hello"):gsub("l",function(c) return c:upper() end)}
%%
return {("hello"):gsub("l",function(c) end)}
%%
return {("hello"):gsub("l",function(c) return {} end)}
%%
return {("hello"):gsub("l",true)}
%%
return {("hello"):gsub("l","%2")}
%%
return {("hello"):gsub("l","%")}
%%
return {("hello"):gsub("l","%x")}
%%
return {("hello"):gsub("^h","x")}
%%
return {("abc"):gsub("%w","%%%0")}
%%
return {("abc"):gsub("b*","-")}
%%
return {("x"):rep(3),("x"):rep(0),("x"):rep(-1),(""):rep(5)}
%%
return {("abc"):sub(2),("abc"):sub(-2),("abc"):sub(2,
2),("abc"):sub(0),("abc"):sub(5),("abc"):sub(-5,-2),("abc"):sub(2,1)}
%%
return {("abc"):byte(),("abc"):byte(2),("abc"):byte(-1),("abc"):byte(10)}
%%
return {("abc"):byte(1,-1)}
%%
return {("abc"):byte(0)}
%%
return {("abc"):byte(-10,10)}
%%
return {string.char(),string.char(1,255)}
%%
return string.char(256)
%%
return string.char(-1)
%%
return {("aBc"):upper(),("aBc"):lower(),("abc"):reverse(),("abc"):len()}
%%
return ("\200\233"):upper()
%%
local t={} for w in ("one two three"):gmatch("%a+") do t[#t+1]=w end return t
%%
local t={} for k,v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do t[#t+1]=k..v end return t
%%
local t={} for w in ("abc"):gmatch("") do t[#t+1]=w end return #t
%%
local t={} for w in ("abc"):gmatch("^a") do t[#t+1]=w end return #t
%%
return {("abc"):find("[a")}
%%
return {("abc"):find("[]a]")}
%%
return {("abc"):find("[^]a]")}
%%
return {("abc"):find("%")}
%%
return {("abc"):find("(a")}
%%
return {("abc"):find("a)")}
%%
return {("abc"):find("%1")}
%%
return {("abc"):find("%b")}
%%
return {("abc"):find("%f")}
%%
return {("a-b"):find("[a%-]+")}
%%
return {("a-b"):find("[%a-]+")}
%%
return {("a-z"):find("[a-]")}
%%
return {("abc"):find("b-")}
%%
return {("abc"):find("a.-c")}
%%
return {("abc"):find("a?b")}
%%
return {("aaa"):find("a-$")}
%%
return {("a\0b"):find("\0")}
%%
return {("a\0b"):find("b\0")}
%%
return {("a\0b"):match("%z")}
%%
return {("a\0b"):find("[\0]")}
%%
return {("a\0b"):find("a%zb")}
%%
return {("abc"):find("b",nil)}
%%
return {("abc"):find("b","2")}
%%
return {("x^y"):find("^",1,true)}
%%
return {("x^y"):find("x^")}
%%
return {("$x"):find("$x")}
%%
return {("x$y"):find("x$y")}
%%
return ("x"):find(("(x"):rep(40))
%%
return ("x"):match(("()"):rep(33))
%%
return select('#',("x"):match(("()"):rep(32)))
%%
return {("hello world"):gsub("o","0",0)}
%%
return {("hello world"):gsub("o","0",-1)}
%%
return {string.gsub("abc","b")}
%%
return {string.gsub("abc")}
%%
return {("abc"):gsub("(b)",{b=false})}
%%
return {("abc"):gsub("(b)",{b=5})}
%%
return {("abc"):gsub("()","%1")}
%%
return {("A b_c"):gsub("%W","."),("A1 b"):gsub("%U","."),("A1 b"):gsub("[%l%d]","#")}
%%
return {("x1"):match("%x+"),("\t\n"):match("%c+"),("!?"):match("%p+")}
%%
return select(2,pcall(function() string.format("%\0",1) end))
%%
return select(2,pcall(function() ("x"):gsub("x",{x={}}) end))
%%
local s = "x" return s:rep(3):upper()
%%
string.len = 1
`);
