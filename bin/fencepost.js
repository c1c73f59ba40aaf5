#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(built)) {
  const { main } = await import(built.href);
  process.exit(await main(process.argv.slice(2)));
} else {
  process.stderr.write('fencepost: it is not built yet; run "npm run build" in its folder\n');
  process.exit(1);
}
