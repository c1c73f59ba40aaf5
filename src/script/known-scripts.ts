import type { ByteString } from '../base/byte-string.ts';
import {
  acquireAll,
  compareAndDelete,
  compareAndPexpire,
  compareAndSetByKeys,
  extendAll,
  inDatabase,
  type NativeScript,
  releaseAll,
} from './known-shapes.ts';

/**
 * A script that lock libraries send, by the SHA-1 of its text, and what runs in its place. The
 * interpreter gives the same replies and the same effects, only slower; so this table is a matter
 * of speed alone, and a script that is not in it lacks nothing.
 */
export interface KnownScript {
  /** Who sends it. */
  readonly name: string;
  /** In lower-case digits. The tests look the text up in the package that sends it. */
  readonly sha1: ByteString;
  /** Undefined, with nothing done, for a call that the interpreter must handle. */
  readonly run: NativeScript;
}

export const knownScripts: readonly KnownScript[] = [
  {
    name: 'one line: release',
    sha1: 'b70c2384248f88e6b75b9f89241a180f856ad852',
    run: compareAndDelete,
  },
  {
    name: 'one line, blanks: release',
    sha1: 'cf0e94b2e9ffc7e04395cf88f7583fc309985910',
    run: compareAndDelete,
  },
  {
    name: 'one line, single quotes: release',
    sha1: 'e9f69f2beb755be68b5e456ee2ce9aadfbc4ebf4',
    run: compareAndDelete,
  },
  {
    name: 'one line, upper case: release',
    sha1: '013976d92eab7585a652ddbf0f4ae3746f38b191',
    run: compareAndDelete,
  },
  {
    name: 'one line: extend',
    sha1: '36e94d1c6e02fcefaa7ee5d79eee614dbac55f10',
    run: compareAndPexpire,
  },
  {
    name: 'one line, blanks: extend',
    sha1: 'a7aba3bc5d6e99b3003da8b9d80a63b9f4092ecf',
    run: compareAndPexpire,
  },
  {
    name: 'one line, single quotes: extend',
    sha1: '9136fcf51831e5cf49f109b6e9c97d5b675280d6',
    run: compareAndPexpire,
  },
  {
    name: 'one line, upper case: extend',
    sha1: 'c50343e01dd9310b37fcced0dccd5ac1eecff492',
    run: compareAndPexpire,
  },
  {
    name: 'redis-semaphore 5.8.0: release of a mutex',
    sha1: '7157921a7cc7cfba979acf6d63f073151df17d12',
    run: compareAndDelete,
  },
  {
    name: 'redis-semaphore 5.8.0: refresh of a mutex',
    sha1: '594683e49a64ebaf975caf5f8079a1d097c438f1',
    run: compareAndPexpire,
  },
  {
    name: 'redlock-universal 0.8.5: release',
    sha1: 'fd83166fb3d7235e3ace652b700c9e217c1adc1f',
    run: compareAndDelete,
  },
  {
    name: 'redlock-universal 0.8.5: extend',
    sha1: 'e218d686a8f90368e5cd45074f06ce766cad9987',
    run: compareAndPexpire,
  },
  {
    name: 'node-redis-warlock 1.0.2: parityDel',
    sha1: '5cc368fb92acd8fee3a986dc8e971d6cf28c3b44',
    run: compareAndDelete,
  },
  {
    name: 'node-redis-warlock 1.0.2: parityRelock',
    sha1: '78d3bb55c589f1b2edf66f3527f5017f8dfcd6bb',
    run: compareAndSetByKeys,
  },
  {
    name: '@microfleet/ioredis-lock 6.0.1: delifequal',
    sha1: 'da225123b2af4a41136fdba7ffac1e045e344da1',
    run: compareAndDelete,
  },
  {
    name: '@microfleet/ioredis-lock 6.0.1: pexpireifequal',
    sha1: 'bf3108245472c550b02852e1e425128e5eb399c4',
    run: compareAndPexpire,
  },
  {
    name: 'redis-py 4.3.4 Lock: release',
    sha1: 'c3f8721cbb97f72bc19e972846bd7aaf91901658',
    run: compareAndDelete,
  },
  {
    name: 'redis-py 4.3.4 Lock: reacquire',
    sha1: '1cac51482acf5858da00f6d685d68f886cd6b6b2',
    run: compareAndPexpire,
  },
  {
    name: 'redlock 4.2.0: lock',
    sha1: 'e5a322e2634ef59a516e8ea150cb085afafee684',
    run: acquireAll,
  },
  {
    name: 'redlock 4.2.0: extend',
    sha1: 'ce46f80993d5dac20dd066eb301a4e37994bdbed',
    run: extendAll,
  },
  {
    name: 'redlock 4.2.0: unlock',
    sha1: '0f0f23b9048b36752b5be114f357ba083449f908',
    run: releaseAll,
  },
  {
    name: 'redlock 5.0.0-beta.2: acquire',
    sha1: '96da70f7716f27d278a5218544df37fd8b0a5e4c',
    run: acquireAll,
  },
  {
    name: 'redlock 5.0.0-beta.2: extend',
    sha1: 'aed6f382e410db8ba7926d4e5e9aab410bf2a78a',
    run: extendAll,
  },
  {
    name: 'redlock 5.0.0-beta.2: release',
    sha1: 'e4612211c9f8f51c257e26e056b0a654b3187242',
    run: releaseAll,
  },
  {
    name: '@sesamecare-oss/redlock 1.4.0: acquire',
    sha1: '1b77b94aa78451d55dfa97e18819bfbfc596cb5b',
    run: inDatabase(acquireAll),
  },
  {
    name: '@sesamecare-oss/redlock 1.4.0: extend',
    sha1: '820e9778d2b6733e9ed771e4be90ae73a95a6f3b',
    run: inDatabase(extendAll),
  },
  {
    name: '@sesamecare-oss/redlock 1.4.0: release',
    sha1: 'df51f6837dcfe303d334e6abea9aeae192bab216',
    run: inDatabase(releaseAll),
  },
];

const bySha1 = new Map(knownScripts.map((script) => [script.sha1, script]));

/** The known script with this SHA-1 in lower-case digits. */
export function findKnownScript(sha1: ByteString): KnownScript | undefined {
  return bySha1.get(sha1);
}
