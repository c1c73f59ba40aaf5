/**
 * The pieces that random scripts are made of. A capital letter in a template stands for an
 * expression: N a number, S a string, B a boolean, T a table, F a function, A anything, L a list,
 * P a pattern, X a format.
 */

/** Pieces with two blanks or a line end between them. */
function pieces(text: string): readonly string[] {
  return text.trim().split(/ {2,}|\n */);
}

/** Literals of numbers. */
export const numbers = pieces(`
  0  1  2  3  -1  5  10  0.5  1.5  -2.5  100  255  0x10  7e-3  33.25
`);

/** Literals of strings. */
export const texts = pieces(String.raw`
  ""  "a"  "abc"  "10"  "0x1f"  " 7 "  "x=1,y=2"  "hello world"   [[l]]  "\\0z"  "\\255\\1"
  "-5"  "k"
`);

/** Patterns, some of them malformed. */
export const patterns = pieces(`
  "%d+"  "(%a)(%w*)"  "a.c"  "[%w_]+"  "^%s*"  "b-"  "."  "%b()"  "()a"  "(x)="  "[^%a]"  "l?o*"
  "%"  "[a"  "%f[%w]%w+"  "$"
`);

/** Formats, some of them refused. */
export const formats = pieces(`
  "%s"  "%5.2f"  "%d"  "%q"  "%x|%5d"  "%-6s|"  "%g"  "%e"  "%c"  "%.3s"  "%+d"  "%i%%"  "%y"
`);

/** Calls that give a number, if all goes well. */
export const numberCalls = pieces(`
  math.floor(N)  math.ceil(N)  math.abs(N)  math.max(N, N)  math.min(N, N, N)  math.fmod(N, 7)
  math.modf(N)  math.frexp(N)  math.ldexp(N, 2)  bit.band(N, N)  bit.bor(N, N)  bit.bxor(N, 5)
  bit.lshift(N, 3)  bit.arshift(N, 1)  bit.tobit(N)  tonumber(S)  tonumber(S, 16)  string.len(S)
  (S):byte(N)  (S):find(P)  (S):find(S, 1, true)  select("#", L)  table.getn(T)  table.maxn(T)
  #T  #S  select(2, (S):gsub(P, S))  redis.call("incr", "n")  redis.call("strlen", S)
  redis.call("exists", S, S)  redis.call("del", S)
`);

/** Calls that give a string. */
export const stringCalls = pieces(`
  tostring(N)  tostring(B)  type(A)  (S):sub(N, N)  (S):rep(2)  (S):upper()  (S):lower()
  (S):reverse()  (S):match(P)  (S):gsub(P, S)  (S):gsub(P, "<%0>")  (S):gsub(P, F)
  (S):gsub(P, T)  string.format(X, A)  string.format(X, N, N)  string.char(65, N)
  table.concat({S, N}, S)  table.concat(T, ",")  cjson.encode(A)  cjson.encode({N, S})
  redis.call("get", S)  redis.call("echo", A)  redis.pcall("get").err  bit.tohex(N, 4)  S .. N
  S .. S .. S
`);

/** What gives anything, or fails. */
export const anyCalls = pieces(`
  rawget(T, A)  select(N, L)  (F)(L)  (A)(A)  pcall(F, A)  pcall(error, A)  next(T)  unpack(T)
  unpack({L})  T[N]  T.k  T.k.k  A.k  A[A]  B and A or A  assert(A, S)  getmetatable(T)
  cjson.decode(S)  table.remove(T)  table.remove(T, N)  redis.call("set", S, A)
  redis.pcall("set", A)  redis.error_reply(S)  redis.status_reply(S)  loadstring("return " .. S)
  setmetatable(T, T)  A + N  A .. S  xpcall(F, type)  error(A)  error(A, 2)  tonumber(A)  T:k(A)
  (S):k()  -A  #A
`);

/** Calls for their effect. */
export const statements = pieces(`
  table.insert(T, A)  table.insert(T, 1, A)  table.sort(T)  rawset(T, S, A)
  redis.call("set", S, N)  redis.call("incr", S)  table.foreachi(T, F)  redis.log(1, S)
  error(A)
`);

/** Events of metatables. */
export const metamethods = pieces(`
  __index  __newindex  __call  __add  __concat  __eq  __lt  __le  __unm  __tostring  __mod
`);
