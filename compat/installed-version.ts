import { readFileSync } from 'node:fs';

/** The version of a package of this folder's `node_modules`, an alias's own one included. */
export function installedVersion(packageName: string): string {
  const file = new URL(`./node_modules/${packageName}/package.json`, import.meta.url);
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) {
    throw new Error(`${packageName} has no version in its package.json`);
  }
  return String(manifest.version).replace(/^v/, '');
}
