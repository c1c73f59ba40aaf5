/** Scripts from one text in which a line `%%` stands between them. */
export function scriptsOf(text: string): readonly string[] {
  return text.slice(1, -1).split('\n%%\n');
}
