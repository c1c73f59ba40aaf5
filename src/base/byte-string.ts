/**
 * A byte string is a JavaScript string in which every code unit is one byte (latin1).
 *
 * Bytes are decoded once, where the socket is read, and encoded once, where it is written. In
 * between, keys and values are byte strings: a `Map` compares them by content, Lua concatenates
 * them, V8 stores them at one byte a character, and no byte is ever lost or reinterpreted.
 * Text of our own in replies is ASCII and therefore already a byte string.
 */
export type ByteString = string;

/** The bytes of a latin1 `value`, for a file or a socket. */
export function bytesOf(value: ByteString): Buffer {
  return Buffer.from(value, 'latin1');
}

/** The byte string of UTF-8 `text`, for what people wrote: a path, a message of the system. */
export function byteStringOfText(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const upperByLower = new Map<string, string>();

/**
 * ASCII upper case, remembered for short words: clients send the same few option names for ever.
 * Bytes above 127 stay what they are, unlike with `toUpperCase`.
 */
export function asciiUpper(value: ByteString): ByteString {
  const known = upperByLower.get(value);
  if (known !== undefined) return known;
  const upper = value.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
  if (value.length <= wordBytesMax && upperByLower.size < wordCountMax) {
    upperByLower.set(value, upper);
  }
  return upper;
}

/** ASCII lower case; bytes above 127 stay what they are. */
export function asciiLower(value: ByteString): ByteString {
  return value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

const wordBytesMax = 24;
const wordCountMax = 1024;

/**
 * Writes the bytes of a string at `start`; there must be room. Short ones, which most are, are
 * written here: for them a call into the runtime takes longer.
 */
export function writeByteString(bytes: Buffer, start: number, text: ByteString): void {
  if (text.length > shortTextBytes) {
    bytes.write(text, start, 'latin1');
    return;
  }
  for (let at = 0; at < text.length; at += 1) bytes[start + at] = text.charCodeAt(at);
}

const shortTextBytes = 64;
