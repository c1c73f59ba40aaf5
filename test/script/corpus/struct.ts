import { scriptsOf } from './scripts.ts';

/** `struct`: every letter, sizes, alignment, what is refused and how. */
export const structScripts = scriptsOf(String.raw`
return {pcall(struct.pack,"i")}
%%
return {pcall(function() return struct.pack("i") end)}
%%
struct.pack("i")
%%
struct.pack("ii",1)
%%
struct.pack()
%%
struct.pack("c5","abc")
%%
struct.pack("z",1)
%%
struct.pack("5",1)
%%
return struct.size("z")
%%
return struct.size("!3i")
%%
return struct.size("!i8")
%%
return struct.size("i99999999999")
%%
return struct.size("i33")
%%
return struct.size("s")
%%
return struct.size("c0")
%%
return struct.size("%")
%%
return struct.unpack("i","abc")
%%
return {struct.unpack("i","abcd",-1)}
%%
return {struct.unpack("i","abcd",0)}
%%
return {struct.unpack("i0","abcd")}
%%
return {struct.unpack("<i9",string.rep("\255",9))}
%%
return {struct.unpack("<i9",string.rep("\1",9))}
%%
return {struct.unpack("<i8",string.rep("\255",8))}
%%
return {tostring(struct.unpack("<I8",string.rep("\255",8)))}
%%
return {struct.unpack("c0","abc")}
%%
return {struct.unpack("sc0","2\0abc")}
%%
return {struct.unpack("s","abc")}
%%
return {struct.unpack("bc0","\255abc")}
%%
return {struct.unpack("dc0",struct.pack("d",0/0).."ab")}
%%
return {struct.pack("d",0/0)}
%%
return {struct.pack("f",0/0)}
%%
return {struct.pack("l",0/0)}
%%
return {struct.pack("l",1/0)}
%%
return {struct.pack("l",-1/0)}
%%
return {struct.pack("L",2^63)}
%%
return {struct.pack("L",2^64)}
%%
return {struct.pack("L",2^65+4096)}
%%
return {struct.pack("<!b i h !4 d",1,2,3,4)}
%%
return {struct.pack("!16 bd",1,2)}
%%
return {struct.pack("!0 bd",1,2)}
%%
return {struct.pack("!bi3",1,2)}
%%
return {struct.pack("!bi5b",1,2,3)}
%%
return {struct.pack("s","a\0b")}
%%
return #struct.pack("c0","a\0b")
%%
return {struct.unpack(("b"):rep(9000),("a"):rep(9000))}
%%
return {select('#',struct.unpack(("b"):rep(7990),("a"):rep(9000)))}
%%
return {select('#',struct.unpack(("b"):rep(7994),("a"):rep(9000)))}
%%
return {select('#',struct.unpack(("b"):rep(7996),("a"):rep(9000)))}
%%
return {select('#',struct.unpack(("b"):rep(7997),("a"):rep(9000)))}
%%
return {select('#',struct.unpack(("b"):rep(7998),("a"):rep(9000)))}
%%
struct.pack("c5",1,2)
%%
struct.pack("b\0b",1,2)
%%
struct.unpack("i",nil)
%%
struct.unpack("i","abcd","x")
%%
return struct.pack("d",{})
%%
return {struct.unpack("xxb","abc")}
%%
return {struct.unpack("!4bi","abcdefgh")}
%%
return {struct.unpack("c99","abc")}
%%
return {struct.unpack("!3","abc")}
%%
return struct.pack("\200")
%%
struct.x=1
%%
return struct.size(("c2147483647"):rep(3))
%%
return {struct.unpack("!4i","abcdefgh",-1)}
%%
return {struct.unpack("!4i","abcdefgh",-3)}
%%
return {struct.unpack("","abc",-1)}
%%
return {struct.unpack("","abc",9)}
%%
return {struct.unpack(" ","abc",9)}
%%
return {struct.unpack("b","abc",3)}
%%
return {struct.unpack("b","abc",4)}
%%
return {struct.unpack("c0","abc",4)}
%%
return {struct.unpack("bs","\1abc")}
%%
return {struct.unpack("fc0","\0\0\32\64abcdef")}
%%
return {struct.unpack("dc0",struct.pack("d",2^64).."ab")}
%%
return {struct.unpack("dc0",struct.pack("d",-0.5).."ab")}
%%
return {struct.unpack("dc0",struct.pack("d",1e300).."ab")}
%%
return {struct.unpack("sc0","x\0abc")}
%%
return {struct.unpack("bbc0","\1\2abc")}
%%
return {struct.unpack("bbc0c0","\1\2abc")}
%%
return {struct.unpack("><b","abc")}
%%
return {struct.unpack("i40","abc")}
%%
return {struct.unpack("i2147483648","abc")}
%%
return {struct.unpack("c2147483647","abc")}
%%
return {struct.unpack("<i","abcd",1.9)}
%%
return {struct.unpack("<i","abcd",0/0)}
%%
return {struct.unpack("<i","abcd","1")}
%%
return {struct.unpack(5,"abcd")}
%%
return {struct.unpack("i1",5)}
%%
return struct.unpack()
%%
return struct.unpack("i")
%%
return struct.unpack({})
%%
return struct.size()
%%
return struct.size({})
%%
return struct.size("b!i!8d> <T")
%%
return struct.size("! b i")
%%
return struct.size("!!!b")
%%
return struct.size("hHlLTfdxi7I32c9")
%%
return struct.pack("c0","")
%%
return struct.pack("c0",12)
%%
return struct.pack("s",1.5)
%%
return struct.pack("s")
%%
return struct.pack("c3",nil)
%%
return struct.pack("i","12")
%%
return struct.pack("i"," 0x10 ")
%%
return struct.pack("i","x")
%%
return struct.pack("h",70000)
%%
return struct.pack("b",-1.9)
%%
return struct.pack("B",1.9)
%%
return struct.pack(">i16",-2)
%%
return struct.pack("<i16",2)
%%
return struct.pack("I32",2^64)
%%
return struct.pack(">f",0.1)
%%
return struct.pack("f",1e300)
%%
return struct.pack("f",-1e-300)
%%
return struct.pack("d",-0)
%%
return struct.pack("!4 b !8 d !1 b d",1,2,3,4)
%%
return struct.pack("x x")
%%
return struct.pack("!4bxi",1,2)
%%
return ("<h"):pack(1)
%%
local s=struct return s.pack("<h",258)
%%
local ok,e=pcall(struct.size,"s") return e
%%
return {pcall(struct.unpack,"i","a")}
%%
return {tostring(struct.unpack(">L","\255\255\255\255\255\255\255\254")),
  tostring(struct.unpack(">l","\128\0\0\0\0\0\0\1"))}
%%
return tostring(struct.unpack("d",struct.pack("d",0.1)))
%%
return tostring(struct.unpack("f",struct.pack("f",0.1)))
%%
return struct.pack(">I2c0",3,"abc")
%%
return {struct.unpack(">I2c0",struct.pack(">I2c0",3,"abc"))}
%%
return {struct.unpack("<i1<i2<i3",("\129"):rep(6))}
%%
return {struct.unpack("i10i11i12i16i32",("\200"):rep(90))}
%%
return {struct.unpack("I10I11I12I16I32",("\1"):rep(90))}
`);
