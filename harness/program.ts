/** One of the programs around the product, as `npm run …` starts it. */
export interface Program<Options> {
  readonly name: string;
  /** What `--help` prints, and a wrong option as well. */
  readonly usage: string;
  /** @throws Error with one sentence for an option that is not valid */
  readonly parseOptions: (args: readonly string[]) => Options;
  /** False: it did what it was asked to, and found a failure. */
  readonly run: (options: Options) => Promise<boolean>;
}

/** Runs the program with the arguments of this process, and sets its exit code. */
export async function runProgram<Options>(program: Program<Options>): Promise<void> {
  const { name, usage, parseOptions, run } = program;
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    process.stdout.write(usage);
    return;
  }
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`fencepost ${name}: ${message}\n\n${usage}`);
    process.exitCode = 1;
    return;
  }
  if (!(await run(options))) process.exitCode = 1;
}
