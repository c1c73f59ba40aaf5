/** What C sees of a string: Redis and Lua hand many texts on as such, up to their first NUL. */
export function cString(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
