/** What a script can set of `cjson` for itself; the defaults are those of Redis 7. */
export class JsonSettings {
  sparseConvert = false;
  sparseRatio = 2;
  sparseSafe = 10;
  encodeDepthMax = 1000;
  decodeDepthMax = 1000;
  numberPrecision = 14;
  keepBuffer = true;
  encodeInvalidNumbers: boolean | 'null' = false;
  decodeInvalidNumbers = true;
}
