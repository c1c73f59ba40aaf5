import { scriptsOf } from './scripts.ts';

/** `cmsgpack`: every form of a value, streams, what is refused and how. */
export const messagePackScripts = scriptsOf(String.raw`
return cmsgpack.pack()
%%
return cmsgpack.unpack()
%%
return cmsgpack.unpack(5)
%%
return cmsgpack.unpack("\196\1a")
%%
return {cmsgpack.unpack("\217\1a")}
%%
return {tostring(cmsgpack.unpack("\207\255\255\255\255\255\255\255\255"))}
%%
return {tostring(cmsgpack.unpack("\206\255\255\255\255"))}
%%
return {tostring(cmsgpack.unpack("\211\255\255\255\255\255\255\255\255"))}
%%
return {cmsgpack.unpack_one("\1\2\3")}
%%
return {cmsgpack.unpack_one("\1\2\3",2)}
%%
return {cmsgpack.unpack_one("\1\2\3",3)}
%%
return {cmsgpack.unpack_one("\1\2\3",4)}
%%
return {cmsgpack.unpack_one("\1\2\3",-1)}
%%
return {cmsgpack.unpack_limit("\1\2\3",-1)}
%%
return {cmsgpack.unpack_limit("\1\2\3",0)}
%%
return {cmsgpack.unpack_limit("\1\2\3",0,1)}
%%
return {cmsgpack.unpack_limit("\1\2\3",2)}
%%
return {cmsgpack.unpack_limit("\1\2\3")}
%%
return {cmsgpack.unpack_limit("\1\2\3","x")}
%%
return {cmsgpack.unpack("")}
%%
return {cmsgpack.unpack_one("")}
%%
return {cmsgpack.unpack("\145")}
%%
return {cmsgpack.unpack("\193")}
%%
return {cmsgpack.unpack("\129\192\1")}
%%
return {cmsgpack.unpack("\129\203\127\248\0\0\0\0\0\0\1")}
%%
return {cmsgpack.unpack(("\145"):rep(100))}
%%
return {cmsgpack.unpack(("\145"):rep(3000))}
%%
return {cmsgpack.unpack(("\145"):rep(9000))}
%%
return {cmsgpack.unpack(("\129\1"):rep(9000))}
%%
return select('#',cmsgpack.unpack(("\1"):rep(9000)))
%%
return cmsgpack.pack(function() end)
%%
return cmsgpack.pack(2^63)
%%
return cmsgpack.pack(-2^63)
%%
return cmsgpack.pack(2^53+1,0.1,0.5,1/0,-1/0)
%%
return cmsgpack.pack(-0,tonumber("-0"))
%%
return cmsgpack.pack(0/0)
%%
return cmsgpack.pack({1,2,nil,4})
%%
return cmsgpack.pack({[1]=1,[2^31]=2})
%%
return cmsgpack.pack({[1.5]=1})
%%
local t={} t[1]=t return cmsgpack.pack(t)
%%
local t={} t.a=t return cmsgpack.pack(t)
%%
return cmsgpack.pack(cjson.null)
%%
return cmsgpack.pack(redis.setresp)
%%
cmsgpack.x=1
%%
return cmsgpack.unpack_one("\129\146\1\2\3")
%%
return cmsgpack.unpack_one()
%%
return cmsgpack.unpack_one({})
%%
return cmsgpack.unpack_limit()
%%
return cmsgpack.unpack_limit({},1)
%%
return cmsgpack.unpack_limit({},"x")
%%
return cmsgpack.unpack({})
%%
return cmsgpack.unpack(nil)
%%
return {cmsgpack.unpack_limit("\1\2\3",1,2^40)}
%%
return {cmsgpack.unpack_limit("\1\2\3",2^40,-2^40)}
%%
return {cmsgpack.unpack_limit("\1\2\3",2^40)}
%%
return {cmsgpack.unpack_limit("\1\2\3",2^32)}
%%
return {cmsgpack.unpack_limit("\1\2\3",1.9)}
%%
return {cmsgpack.unpack_limit("\1\2\3",0/0)}
%%
return {cmsgpack.unpack_limit("",1)}
%%
return {cmsgpack.unpack_limit("\146\1",1)}
%%
return {cmsgpack.unpack_one("\192\1")}
%%
return {select("#",cmsgpack.unpack("\192\192")),cmsgpack.unpack_one("\192\192")}
%%
return {pcall(cmsgpack.unpack,"\193")}
%%
return {pcall(cmsgpack.unpack,"\129\192\1")}
%%
return {cmsgpack.unpack("\1\2\193")}
%%
return {cmsgpack.unpack("\1",5,6)}
%%
return {cmsgpack.unpack("\128\144")}
%%
return #cmsgpack.unpack("\144")
%%
return cmsgpack.unpack("\129\144\1") ~= nil
%%
return cmsgpack.unpack("\130\1\2\1\3")[1]
%%
return cmsgpack.unpack("\129\1\192")[1] == nil
%%
return {cmsgpack.unpack("\147\1\192\3")}
%%
return {cmsgpack.unpack("\220\0\2\1\2\221\0\0\0\1\5")}
%%
return cmsgpack.unpack("\222\0\1\161a\161b").a
%%
return cmsgpack.unpack("\223\0\0\0\1\161a\161b").a
%%
return cmsgpack.unpack("\221\255\255\255\255")
%%
return cmsgpack.unpack("\223\255\255\255\255")
%%
return cmsgpack.unpack("\219\255\255\255\255")
%%
return cmsgpack.unpack("\197\0\1a")
%%
return cmsgpack.unpack("\198\0\0\0\1a")
%%
return cmsgpack.unpack("\199\1\1a")
%%
return cmsgpack.unpack("\212\1a")
%%
return cmsgpack.unpack("\218\0\1a")
%%
return cmsgpack.unpack("\219\0\0\0\1a")
%%
return tostring(cmsgpack.unpack("\202\61\204\204\205"))
%%
return tostring(cmsgpack.unpack("\203\63\185\153\153\153\153\153\154"))
%%
return {cmsgpack.unpack("\208\128\209\128\0\210\128\0\0\0\211\128\0\0\0\0\0\0\0")}
%%
return {cmsgpack.unpack("\204\255\205\255\255"..
  "\206\255\255\255\255\207\0\255\255\255\255\255\255\255")}
%%
return {cmsgpack.unpack("\127\224\255\194\195")}
%%
local t=cmsgpack.unpack(cmsgpack.pack({{{{{{{{{{{{{{{{{{1}}}}}}}}}}}}}}}}}}))
return t[1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1] == nil
%%
return cmsgpack.pack({{{{{{{{{{{{{{{{{{1}}}}}}}}}}}}}}}}}})
%%
return cmsgpack.pack(1,"a",nil,true,false,{},{1},{a=1})
%%
return cmsgpack.pack(nil)
%%
return cmsgpack.pack(0,127,128,255,256,65535,65536,4294967295,4294967296,2^53,2^62)
%%
return cmsgpack.pack(-1,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649,-2^53,-2^62)
%%
return cmsgpack.pack(1.5,0.1,1e300,1e-300,2^64,2^70,-2^64,3.4028234663852886e38,1e39)
%%
return cmsgpack.pack(("a"):rep(31),("b"):rep(32),("c"):rep(255))
%%
return redis.sha1hex(cmsgpack.pack(("a"):rep(256),("b"):rep(65535),("c"):rep(65536)))
%%
local t={} for i=1,15 do t[i]=i end local a=cmsgpack.pack(t) t[16]=16 return a..cmsgpack.pack(t)
%%
local t={} for i=1,65535 do t[i]=1 end
local a=cmsgpack.pack(t) t[65536]=1 return redis.sha1hex(a..cmsgpack.pack(t))
%%
return cmsgpack.pack({[0]=1})
%%
return cmsgpack.pack({[-1]=1})
%%
return cmsgpack.pack({[2]=1})
%%
return cmsgpack.pack({[true]=1})
%%
return cmsgpack.pack({[{1}]={2}})
%%
return cmsgpack.pack({[{a={[2]=5}}]={b="c"}})
%%
return cmsgpack.pack({1,2,3,nil,nil})
%%
return cmsgpack.pack(setmetatable({},{__index=function() return 1 end}))
%%
return cmsgpack.pack(string.rep)
%%
local t={1,2,3} t[2]=nil t[3]=nil return cmsgpack.pack(t)
%%
return {cmsgpack._NAME,cmsgpack._VERSION,cmsgpack._COPYRIGHT,cmsgpack._DESCRIPTION}
%%
return {type(cmsgpack.safe),type(cmsgpack_safe)}
%%
return {cmsgpack.unpack(("\145"):rep(3998).."\1")} ~= nil
%%
return {cmsgpack.unpack(("\145"):rep(3999).."\1")} ~= nil
%%
return {cmsgpack.unpack(("\145"):rep(4000).."\1")} ~= nil
%%
return {cmsgpack.unpack(("\129\1"):rep(3998).."\1")} ~= nil
%%
return {cmsgpack.unpack(("\129\1"):rep(3999).."\1")} ~= nil
%%
return {cmsgpack.unpack(("\129\1"):rep(4000).."\1")} ~= nil
%%
return {cmsgpack.unpack(("\129"):rep(7998).."\1")} ~= nil
%%
return {cmsgpack.unpack(("\129"):rep(7999).."\1")} ~= nil
%%
return {cmsgpack.unpack(("\129"):rep(8000).."\1")} ~= nil
%%
return {cmsgpack.unpack(("\1"):rep(7998).."\144")} ~= nil
%%
return {cmsgpack.unpack(("\1"):rep(7998).."\128")} ~= nil
%%
return {cmsgpack.unpack(("\1"):rep(7997).."\128\128")} ~= nil
%%
return {cmsgpack.unpack(("\1"):rep(7997).."\145\1")} ~= nil
%%
return {cmsgpack.unpack(("\1"):rep(7997).."\129\1\1")} ~= nil
%%
return select("#",cmsgpack.unpack(("\1"):rep(7999)))
%%
return select("#",cmsgpack.unpack(("\1"):rep(8000)))
%%
return select("#",cmsgpack.unpack(("\1"):rep(7998),1,2))
%%
return select("#",cmsgpack.unpack_limit(("\1"):rep(9000),7998))
%%
return select("#",cmsgpack.unpack_limit(("\1"):rep(9000),7999))
%%
return select("#",cmsgpack.unpack_limit(("\1"):rep(9000),8000))
%%
return select("#",cmsgpack.unpack_limit(("\1"):rep(9000),3,100))
`);
