import { readFileSync } from 'node:fs';

/** The version of this package: the sources and the build lie equally deep below its manifest. */
export const fencepostVersion: string = versionOf(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

function versionOf(manifest: string): string {
  const fields: unknown = JSON.parse(manifest);
  const isManifest = typeof fields === 'object' && fields !== null && 'version' in fields;
  if (!isManifest) throw new TypeError('package.json has no version');
  return String(fields.version);
}
