import { type Finding, importsOf, type SourceFile } from './source-file.ts';

/** What the rules read of `package.json`. */
export interface PackageManifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Tools that run from a script of `package.json` and are imported nowhere. */
const toolPackages = new Set(['@biomejs/biome', 'typescript']);

/** Every direct dependency is imported somewhere, or is a tool or the types of Node. */
export function unusedDependencies(
  manifest: PackageManifest,
  files: readonly SourceFile[],
): readonly string[] {
  const imported = new Set(importedPackages(files).map(({ name }) => name));
  return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter((name) => !toolPackages.has(name) && !name.startsWith('@types/'))
    .filter((name) => !imported.has(name));
}

/** Every package that `src` imports is a dependency that an installation brings with it. */
export function undeclaredImports(
  manifest: PackageManifest,
  files: readonly SourceFile[],
): readonly Finding[] {
  const declared = new Set(Object.keys(manifest.dependencies ?? {}));
  return importedPackages(files)
    .filter(({ path, name }) => path.startsWith('src/') && !declared.has(name))
    .map(({ path, name }) => ({ path, line: 1, detail: `imports ${name}, no dependency` }));
}

function importedPackages(
  files: readonly SourceFile[],
): readonly { readonly path: string; readonly name: string }[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .map(({ specifier }) => ({ path: file.path, name: packageOf(specifier) })),
  );
}

function packageOf(specifier: string): string {
  const [scope = '', name] = specifier.split('/');
  return scope.startsWith('@') && name !== undefined ? `${scope}/${name}` : scope;
}

/** Every limit of `base/limits.ts` is read by some other file of `src`. */
export function unreadLimits(
  names: readonly string[],
  files: readonly SourceFile[],
): readonly string[] {
  const texts = files
    .filter(({ path }) => path.startsWith('src/') && path !== 'src/base/limits.ts')
    .map(({ text }) => text);
  return names.filter((name) => !texts.some((text) => text.includes(`limits.${name}`)));
}
