import { scriptsOf } from './scripts.ts';

/** Tables: their functions, their borders, traversal, and bit operations. */
export const tablesScripts = scriptsOf(`
local t={} t[1]=t return #t
%%
for k in next,nil do end
%%
return {next({})}
%%
next()
%%
next({},1)
%%
return {next({5},nil)}
%%
return unpack({1,2,nil,4})
%%
return {unpack({1,2,3},2)}
%%
return {unpack({1,2,3},2,5)}
%%
return unpack()
%%
return #{unpack({},1,7000)}
%%
return select('#',unpack({},1,7990))
%%
return select('#',unpack({},1,7997))
%%
return select('#',unpack({},1,7998))
%%
return select('#',unpack({},1,8000))
%%
return select('#',unpack({},1,1e8))
%%
ipairs()
%%
pairs(nil)
%%
local t={} for i=1,10 do t[i]=i end t[5]=nil return #t
%%
table.setn({},1)
%%
local t={1,2,3} return t[#t]
%%
local t={3,1,2} table.sort(t) return t
%%
local t={3,1,2} table.sort(t,function(a,b) return true end) return t
%%
local t={3,1,2,5,4,7,6,9,8} table.sort(t,function(a,b) return true end) return t
%%
local t={3,1,2,"x"} table.sort(t) return t
%%
table.sort({1,2},5)
%%
table.sort({{},{}})
%%
table.foreach({1,2},error)
%%
return table.foreach({a=1},function(k,v) return k end)
%%
table.foreachi({1,2},function(i,v) error(i) end)
%%
return table.concat({1,2,3},",")
%%
return table.concat({1,2,{}},",")
%%
return table.concat({1,2,3},",",2,3)
%%
return table.concat({1,2,3},",",2,5)
%%
table.concat({1},{})
%%
table.insert({},1,2,3)
%%
table.insert({})
%%
table.insert(1,2)
%%
local t={1,2} table.insert(t,5,9) return t[5]
%%
local t={1,2} table.insert(t,1,9) return t
%%
return table.remove({})
%%
return table.remove({1,2,3})
%%
local t={1,2,3} return {table.remove(t,1),t}
%%
return {table.remove({1},5)}
%%
return table.getn({1,2})
%%
return table.maxn({1,2,[7]=1})
%%
return bit.band(1.5,255)
%%
return bit.tobit(2^31)
%%
return bit.bor()
%%
return bit.band("x")
%%
return bit.tohex(255,4)
%%
return bit.tohex(255,-4)
%%
return bit.bswap(0x12345678)
%%
return bit.rol(1,33)
%%
return {bit.arshift(-8,1),bit.rshift(-8,1),bit.lshift(1,35)}
%%
local function f(a,...) local t = {...} return #t end return f(1,2,3)
%%
local t = {} repeat local x = #t t[#t+1] = function() return x end until #t == 3
return {t[1](),t[3]()}
%%
local t = {} for c="3",1,-1 do t[#t+1] = c end return t
%%
local t = {} for i,v in ipairs({1,2,nil,4}) do t[#t+1] = v end return t
%%
local s = 0 for k,v in pairs({1,2,3,x=4}) do s = s + v end return s
%%
local t = {1,2,3,4} for k in pairs(t) do t[k] = nil end return #t
%%
local t = {a=1,b=2,c=3} for k in pairs(t) do t[k] = nil end return next(t) == nil
%%
local t = {} for k,v in next,{5,6} do t[#t+1] = k * v end return t
%%
local t = {} for a,b,c in (function(s,c) if c < 3 then return c+1,s,'x'
end end),'st',0 do t[#t+1] = a..b..c end return t
%%
local t = {1,2,3,nil} return #t
%%
local t = {1,nil,3} return #t
%%
local t = {nil,nil,3} return #t
%%
local t = {n=1,nil} return #t
%%
local t = {} t[1]=1 t[2]=2 t[4]=4 return #t
%%
local t = {} t[1]=1 t[2]=2 t[3]=3 t[5]=5 return #t
%%
local t = {1,2,3} t[5]=5 return #t
%%
local t = {} for i=1,20 do t[i]=i end for i=15,20 do t[i]=nil end return #t
%%
local t = {} for i=1,20 do t[i]=i end t[10]=nil return #t
%%
local t = {} for i=10,1,-1 do t[i]=i end return #t
%%
local t = {} t[3]=3 t[2]=2 t[1]=1 return #t
%%
local t = {1,2,3,4,5} t[#t]=nil t[#t]=nil return #t
%%
local t = {1,2,3,4,5,6,7,8,9} t[5]=nil t[9]=nil return #t
%%
local t = {} t[1.0]=1 t["1"]=2 return {t[1],t["1"],#t}
%%
local t = {} t[0]=0 t[-1]=-1 t[1.5]=15 return {t[0],t[-1],t[1.5],#t}
%%
table.insert(math,1)
%%
table.sort(table)
%%
return {bit.band(0xff,0x0f), bit.bor(1,2,4), bit.bxor(5,3), bit.bnot(0), bit.lshift(1,4),
 bit.rshift(256,4), bit.arshift(-256,4)}
%%
return {bit.tobit(0xffffffff), bit.tobit(2^32+5), bit.tobit(-2^31-1), bit.tobit(0.5),
 bit.tobit(1.5), bit.tobit(2.5)}
%%
return {bit.tohex(1), bit.tohex(-1), bit.tohex(255,2), bit.tohex(255,-3), bit.tohex(0x12345678,
0)}
%%
return {bit.rol(0x12345678,8), bit.ror(0x12345678,8), bit.bswap(1)}
%%
return bit.band()
%%
return bit.lshift(1)
%%
return next({},nil)
%%
return {next({10})}
%%
return unpack({1,2,3},-1,1)
%%
return {unpack({1,2,3},3)}
%%
return select('#',unpack({n=3},1,3))
%%
return table.concat({},",")
%%
return table.concat({1,"a",2.5},"-")
%%
return table.concat({1,2,3},", ",2)
%%
local t = {5,3,8,1} table.sort(t) return t
%%
local t = {5,3,8,1} table.sort(t,function(a,b) return a > b end) return t
%%
local t = {"b","a","C"} table.sort(t) return t
%%
local t = {{n=2},{n=1}} table.sort(t,function(a,b) return a.n < b.n end) return {t[1].n,t[2].n}
%%
local t = {} for i=1,50 do t[i] = (i*37)%53 end table.sort(t) return t
%%
local t = {} for i=1,30 do t[i] = {i%3,i} end table.sort(t,function(a,b)
return a[1] < b[1] end) local r = {} for i=1,30 do r[i] = t[i][2] end return r
%%
local t = {3,2,1} table.sort(t,function(a,b) error("cmp") end)
%%
local t = {1,"a"} table.sort(t)
%%
local t = {} table.insert(t,"a") table.insert(t,1,"b") table.insert(t,2,"c") return t
%%
local t = {1,2,3} return {table.remove(t),table.remove(t,1),#t,t[1]}
%%
local t = {} for i=1,5 do t[i]=i end table.foreachi(t,function(i,v) t[i]=v*v end) return t
%%
return table.maxn({1,2,[100]=3,[5.5]=1})
%%
local s = 0 table.foreach({1,2,3},function(k,v) s = s + k*v end) return s
`);
