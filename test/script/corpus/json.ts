import { scriptsOf } from './scripts.ts';

/** `cjson`: what it writes, what it reads, and what it refuses. */
export const jsonScripts = scriptsOf(String.raw`
return tostring(cjson.null)
%%
return type(cjson.null)
%%
return cjson.null
%%
return cjson.encode({1,2,3})
%%
return cjson.encode({})
%%
return cjson.encode({a=1})
%%
return cjson.encode({[1]=1,[3]=3})
%%
return cjson.encode({[1]=1,[100]=3})
%%
return cjson.encode({[1.5]=1})
%%
return cjson.encode({[true]=1})
%%
return cjson.encode(function() end)
%%
return cjson.encode("a\"\\/\b\f\n\r\t\1\127\200")
%%
return cjson.encode(0/0)
%%
return cjson.encode(1/0)
%%
return cjson.encode(cjson.null)
%%
return cjson.encode()
%%
return cjson.encode(nil)
%%
return cjson.encode(1,2)
%%
return cjson.encode({1/3,1e15,123456789012345678,-0})
%%
local t={} t[1]=t return cjson.encode(t)
%%
return cjson.decode("[1,2,{\"a\":null}]")[3].a == cjson.null
%%
return cjson.decode("[1,2")
%%
return cjson.decode("")
%%
return cjson.decode("nul")
%%
return cjson.decode("{1:2}")
%%
return cjson.decode("[1,]")
%%
return cjson.decode("01")
%%
return cjson.decode("1 2")
%%
return cjson.decode("\"\\u00e9\\ud83d\\ude00\"")
%%
return cjson.decode("\"\\ud83d\"")
%%
return cjson.decode("\"\\x\"")
%%
return cjson.decode("\"a\nb\"")
%%
return cjson.decode("nan")
%%
return tostring(cjson.decode("-inf"))
%%
return cjson.decode("0x10")
%%
return tostring(cjson.decode("1e5"))
%%
return cjson.decode(5)
%%
return cjson.decode({})
%%
return cjson.decode("'a'")
%%
return cjson.decode(("["):rep(1001)..("]"):rep(1001))
%%
return #cjson.decode(("["):rep(1000)..("]"):rep(1000))
%%
return {cjson.encode_max_depth(),cjson.decode_max_depth(),cjson.encode_number_precision()}
%%
return {cjson.encode_sparse_array()}
%%
return {cjson.encode_keep_buffer(),cjson.encode_invalid_numbers(),
cjson.decode_invalid_numbers()}
%%
return cjson.encode_number_precision(14)
%%
return cjson.encode_sparse_array(false,2,10)
%%
return type(cjson.new())
%%
return {redis.call,cjson.null,1}
%%
return cjson.encode({1,2,{3,{4}}})
%%
return cjson.encode({a={b={c=1}}})
%%
return cjson.encode({{},{a={}}})
%%
return cjson.encode("Ã©\200")
%%
return cjson.encode({true,false,cjson.null})
%%
return cjson.encode(0.1) .. cjson.encode(100) .. cjson.encode(-1.5e300) .. cjson.encode(1e15)
%%
return cjson.encode({[2]=1})
%%
return cjson.encode({[1]=1,[11]=2})
%%
return cjson.encode({[0]=1})
%%
return cjson.encode({[-1]=1})
%%
return cjson.encode(redis.call)
%%
local t = cjson.decode('{"a":[1,2,{"b":"c"}],"d":true,"e":null,"f":1.5e3}')
return {t.a[1],t.a[3].b,t.d,t.e == cjson.null,t.f}
%%
return cjson.decode('"\\u0041\\n\\t\\"\\\\\\/"')
%%
return cjson.decode('  [ 1 , 2 ]  ')
%%
return cjson.decode('[]')
%%
return #cjson.decode('{}')
%%
return cjson.decode('{"a":1,}')
%%
return cjson.decode('{"a" 1}')
%%
return cjson.decode('{"a":}')
%%
return cjson.decode('[1 2]')
%%
return cjson.decode('tru')
%%
return cjson.decode('"abc')
%%
return cjson.decode('[1e5,-0,1.0,-1]')
%%
return cjson.decode('{"1":"x"}')["1"]
%%
return cjson.decode(nil)
%%
return cjson.decode()
%%
cjson.encode_number_precision(3) local r = cjson.encode(1/3) cjson.encode_number_precision(14)
return r
%%
cjson.encode_sparse_array(true)
local r = cjson.encode({[1]=1,[100]=2}) cjson.encode_sparse_array(false,2,10) return #r
%%
return cjson.encode_number_precision(15)
%%
return cjson.encode_max_depth(0)
%%
cjson.encode_invalid_numbers("null")
local r = cjson.encode(0/0) cjson.encode_invalid_numbers(false) return r
%%
cjson.encode_invalid_numbers(true)
local r = cjson.encode(1/0) cjson.encode_invalid_numbers(false) return r
%%
cjson.decode_invalid_numbers(false)
local ok,e = pcall(cjson.decode,"nan") cjson.decode_invalid_numbers(true) return e
%%
cjson.decode_invalid_numbers(false)
local ok,e = pcall(cjson.decode,"[0x10]") cjson.decode_invalid_numbers(true) return e
%%
return {type(tostring),type(nil),type({}),type("x"),type(2),type(true),type(cjson.null)}
`);
