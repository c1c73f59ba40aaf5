import { spawnSync } from 'node:child_process';

/** No tool that sets up a network or a disk takes longer, unless it hangs. */
const toolMsMax = 20_000;

/**
 * Runs a tool of the system to its end.
 *
 * @param input what it reads from standard input
 * @returns what it printed
 * @throws Error with its last words if it failed or is not there
 */
export function runTool(command: readonly string[], input = ''): string {
  const [name = '', ...args] = command;
  const result = spawnSync(name, args, { encoding: 'utf8', input, timeout: toolMsMax });
  if (result.error !== undefined) throw new Error(`${name}: ${result.error.message}`);
  if (result.status !== 0) {
    throw new Error(`${command.join(' ')}: ${(result.stderr || result.stdout).trim()}`);
  }
  return result.stdout;
}

/** For ways back, which must all be tried: what cannot be undone was never done. */
export function tryTool(command: readonly string[]): boolean {
  try {
    runTool(command);
    return true;
  } catch {
    return false;
  }
}
