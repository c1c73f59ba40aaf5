import type { ByteString } from '../base/byte-string.ts';
import { type ErrorReply, error } from '../resp/reply.ts';

/** What stands in CLIENT LIST must be printable and hold no space: it separates the fields. */
const printable = /^[!-~]*$/;

const NAME_NOT_PRINTABLE = error(
  'ERR Client names cannot contain spaces, newlines or special characters.',
);

/** What is wrong with a name for a connection (CLIENT SETNAME, HELLO … SETNAME). */
export function nameProblem(name: ByteString): ErrorReply | undefined {
  return printable.test(name) ? undefined : NAME_NOT_PRINTABLE;
}

/** What is wrong with a library's name or version (CLIENT SETINFO). */
export function libraryProblem(attribute: ByteString, value: ByteString): ErrorReply | undefined {
  if (printable.test(value)) return undefined;
  return error(`ERR ${attribute} cannot contain spaces, newlines or special characters.`);
}
