import type { Machine } from './machine.ts';

/** Needles up to this length are left to JavaScript, whose time is their product at worst. */
const shortNeedleBytes = 64;

/**
 * Where `needle` begins in `text` from `start` on, or -1. The search of JavaScript can take the
 * product of both lengths; for long needles this one takes their sum (Knuth, Morris and Pratt,
 * "Fast pattern matching in strings", 1977).
 */
export function searchText(
  machine: Machine,
  {
    text,
    needle,
    start,
  }: { readonly text: string; readonly needle: string; readonly start: number },
): number {
  const room = text.length - start;
  if (needle.length > room) return -1;
  if (needle.length <= shortNeedleBytes) {
    machine.step((room >>> 3) + (room >>> 7) * needle.length);
    return text.indexOf(needle, start);
  }
  machine.allocate(needle.length * 4);
  machine.step((room + needle.length) >>> 2);
  const borders = bordersOf(needle);
  let matched = 0;
  for (let at = start; at < text.length; at += 1) {
    matched = extended(needle, borders, matched, text.charCodeAt(at));
    if (matched === needle.length) return at + 1 - matched;
  }
  return -1;
}

/** For every length of a beginning of `needle`, its longest true border. */
function bordersOf(needle: string): Int32Array {
  const borders = new Int32Array(needle.length + 1);
  for (let length = 2; length <= needle.length; length += 1) {
    const code = needle.charCodeAt(length - 1);
    borders[length] = extended(needle, borders, borders[length - 1] ?? 0, code);
  }
  return borders;
}

/** How much of `needle` has matched after one more byte. */
function extended(needle: string, borders: Int32Array, before: number, code: number): number {
  let matched = before;
  while (matched > 0 && needle.charCodeAt(matched) !== code) matched = borders[matched] ?? 0;
  return needle.charCodeAt(matched) === code ? matched + 1 : 0;
}
