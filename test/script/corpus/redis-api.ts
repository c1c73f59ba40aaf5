import { scriptsOf } from './scripts.ts';

/** The script API of Redis: commands, conversions, and what is closed to scripts. */
export const redisApiScripts = scriptsOf(String.raw`
return {err="a b\nc"}
%%
return {err="x"}
%%
return {err=5}
%%
return {ok="x\ny"}
%%
return {ok=5}
%%
return {ok={}}
%%
return {pcall(error,{err="foo"})}
%%
return {pcall(error,{err=5})}
%%
return {pcall(redis.call,"foo")}
%%
redis.call("foo")
%%
return redis.pcall("foo")
%%
return redis.pcall("foo").err
%%
redis.call("set","s","a") local ok,r=pcall(redis.call,"incr","s")
return {tostring(ok),type(r),r}
%%
redis.call("set","s","a") local ok,r=xpcall(function() redis.call("incr","s") end, function(e)
local s=type(e) for k,v in pairs(e) do s=s..k..'='..tostring(v)..';' end return s end) return r
%%
redis.call("set","s","a") redis.call("incr","s")
%%
redis.call("set","s","a") return redis.pcall("incr","s")
%%
redis.call("set","x",1e20) return redis.call("get","x")
%%
redis.call("set","x",1e15) return redis.call("get","x")
%%
redis.call("set","x",0/0) return redis.call("get","x")
%%
redis.call("set","x",1/0) return redis.call("get","x")
%%
redis.call("set","x",3.0) return redis.call("get","x")
%%
redis.call("set","x",-0.0) return redis.call("get","x")
%%
redis.call("set","x",2^63) return redis.call("get","x")
%%
redis.call("set","x",-2^63) return redis.call("get","x")
%%
redis.call("set","x",1e17) return redis.call("get","x")
%%
redis.call("set","x",1e18) return redis.call("get","x")
%%
redis.call("set","x",9.2e18) return redis.call("get","x")
%%
redis.call("set","x",2^53+2) return redis.call("get","x")
%%
redis.call("set","x",{})
%%
redis.call()
%%
return redis.pcall("set","x",{})
%%
return redis.pcall()
%%
redis.call("set","x",true)
%%
redis.call({})
%%
redis.call("")
%%
redis.call("set","a")
%%
return redis.error_reply("x")
%%
return redis.error_reply("x y")
%%
return redis.error_reply("-x")
%%
return redis.error_reply("-x y")
%%
return redis.error_reply("")
%%
return redis.error_reply(5)
%%
return redis.error_reply()
%%
return redis.error_reply({})
%%
return redis.error_reply("a","b")
%%
return redis.status_reply("x")
%%
return redis.status_reply(5)
%%
return redis.status_reply()
%%
return redis.status_reply("a\r\nb")
%%
return redis.error_reply("a\r\nb c")
%%
return redis.sha1hex("x")
%%
return redis.sha1hex()
%%
return redis.sha1hex(5)
%%
return redis.sha1hex(nil)
%%
return redis.sha1hex({})
%%
return redis.log(1)
%%
return redis.log(1,"x")
%%
return redis.log(9,"x")
%%
return redis.log("a","x")
%%
return redis.log(-1,"x")
%%
return redis.setresp(3)
%%
return redis.setresp(4)
%%
return redis.setresp()
%%
return redis.setresp("3")
%%
return redis.set_repl(3)
%%
return redis.set_repl()
%%
return redis.set_repl(9)
%%
return redis.replicate_commands()
%%
return redis.breakpoint()
%%
return redis.debug()
%%
return redis.debug("x")
%%
return redis.acl_check_cmd()
%%
return redis.acl_check_cmd("foo")
%%
return redis.acl_check_cmd({})
%%
return redis.REDIS_VERSION
%%
return redis.REDIS_VERSION_NUM
%%
return {double=3.5}
%%
return {map={a=1}}
%%
return {set={a=true}}
%%
return {big_number="123"}
%%
return {verbatim_string={format="txt",string="x"}}
%%
return {verbatim_string="x"}
%%
return {double="x"}
%%
return {big_number=5}
%%
return redis.call
%%
return KEYS.x.y
%%
redis.setresp(3) return true
%%
redis.setresp(3) return false
%%
redis.setresp(3) return nil
%%
redis.setresp(3) return {true,false,1}
%%
redis.setresp(3) return redis.call('get','nokey')==nil
%%
return {map={a=1,b={2}}}
%%
return {set={'a'}}
%%
return {map={}}
%%
return {double=1/0}
%%
return {double=-1/0}
%%
return {double=0/0}
%%
return {double=1e20}
%%
return {double=0.1}
%%
return {double=3}
%%
return {double=1e15}
%%
return {double=123456789.123}
%%
return {big_number="12\n3"}
%%
return {verbatim_string={format="txtx",string="x"}}
%%
return {verbatim_string={format="t",string="x"}}
%%
return {verbatim_string={string="x"}}
%%
return {verbatim_string={format="txt",string="a\nb"}}
%%
return {err="a",ok="b"}
%%
return {double=1,map={}}
%%
return {false,true,{ok="x"},{err="y z"}}
%%
return {err="-x y"}
%%
return {err="--x y"}
%%
return {err=""}
%%
return {ok=""}
%%
return setmetatable({},{__index={err="x"}})
%%
return {err="a\0b"}
%%
return {ok="a\0b"}
%%
error({err="a\0b"})
%%
return {big_number="1\0002"}
%%
return {verbatim_string={format="t\0t",string="a\0b"}}
%%
return redis.error_reply("a\0b c")
%%
return redis.status_reply("a\0b")
%%
return redis.sha1hex("a\0b")
%%
return redis.call("echo","a\0b")
%%
return redis.call("no\0pe")
%%
return redis.log(1,"a\0b")
%%
return KEYS["x\0y"].z
%%
return _G["x\0y"]
%%
redis.call(
  "nope"
)
%%
return redis.call("nope")
%%
local ok,e = pcall(redis.call,"get") return e
%%
local e = redis.pcall("get") return e.err
%%
error({err="MY error", extra=1})
%%
error({err="noword"})
%%
error({err=""})
%%
local function f() error({err="FROM f"}) end f()
%%
local r = redis.pcall("incr","x","y") if r.err then
return redis.error_reply("WRAPPED "..r.err) end
%%
return redis.status_reply("FINE")
%%
redis.call("set","a","1") error("after write")
%%
redis.call("set",KEYS[1],ARGV[1]) return redis.call("get",KEYS[1])
%%
return #KEYS + #ARGV
%%
return {KEYS,ARGV}
%%
return tostring(KEYS[1])
%%
redis.call("set","n","5") return redis.call("incr","n") + 1
%%
return type(redis.call("get","missing"))
%%
return redis.call("get","missing") == false
%%
return redis.call("set","a","b").ok
%%
return type(redis.call("set","a","b"))
%%
redis.call("set","a","b") return redis.call("mget","a","missing","a")
%%
redis.call("set","a",12.5) redis.call("set","b",7)
return {redis.call("get","a"),redis.call("get","b")}
%%
redis.call("SET","a",0.1) return redis.call("get","a")
%%
return redis.call("ECHO",1e100)
%%
return redis.call("ECHO","a\0\r\nb")
%%
return redis.call("type","a").ok
%%
return {redis.call("ping"),redis.call("ping","x")}
%%
return redis.call("get",1)
%%
return redis.call(1)
%%
local call = redis.call return call("echo","aliased")
%%
return _G.redis.call("echo","x")
%%
return _G.KEYS == KEYS
%%
return _G._G == _G
%%
return _G.nonexistent
%%
return rawget(_G,"nonexistent")
%%
return _G["tostring"] == tostring
%%
local n = 0 for k in pairs(_G) do n = n + 1 end return n > 20
%%
redis.call = 1
%%
local redis = {call=function() return "mine" end} return redis.call()
%%
KEYS[1] = "changed" return KEYS[1]
%%
ARGV = {}
%%
table.insert(KEYS,"x") return #KEYS
%%
setmetatable(_G,nil)
%%
return getmetatable(_G).__index == nil
%%
getmetatable(_G).__index = nil
`);
