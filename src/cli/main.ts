import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { FencepostError } from '../base/errors.ts';
import { type ChosenSetting, chosenSettings, variableOf } from '../server/config-table.ts';
import { fencepostVersion } from '../server/version.ts';
import type { CallOptions } from './call.ts';

type Texts = Readonly<Record<string, string | undefined>>;

/**
 * The `fencepost` command. Each subcommand loads what it needs when it runs.
 *
 * @param args the arguments behind the command's name
 * @returns the exit code: 0, or 1 and one line on standard error
 */
export async function main(args: readonly string[]): Promise<number> {
  // A log that nobody reads any more is no reason to stop serving.
  process.stderr.on('error', () => {});
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (failure) {
    if (failure instanceof CommanderError) return failure.exitCode;
    if (!(failure instanceof FencepostError)) throw failure;
    writeError(failure.message);
    return 1;
  }
}

function createProgram(exit: (code: number) => void): Command {
  const program = new Command('fencepost')
    .description('A lock server that speaks the Redis protocol.')
    .version(fencepostVersion)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({ outputError: (text) => writeError(text.replace(/^error: /, '')) });
  addServe(program, exit);
  addRepair(program, exit);
  addCall(program, exit);
  addCluster(program, exit);
  return program;
}

function addServe(program: Command, exit: (code: number) => void): void {
  const command = program.command('serve').description('Serve until a signal or SHUTDOWN.');
  for (const setting of chosenSettings) {
    command.option(`--${setting.flag} <${setting.placeholder}>`, helpOf(setting));
  }
  command.action(async (values: Texts) => {
    const { serve } = await import('./serve.ts');
    exit(
      await serve({
        flags: Object.fromEntries(
          command.options.map((option) => [option.long?.slice(2), values[option.attributeName()]]),
        ),
        environment: process.env,
        writeLine: (line) => process.stderr.write(line),
      }),
    );
  });
}

function helpOf(setting: ChosenSetting): string {
  const usual = setting.initial === '' ? '' : `, default ${setting.initial}`;
  return `${setting.summary} (${variableOf(setting)}${usual})`;
}

function addRepair(program: Command, exit: (code: number) => void): void {
  program
    .command('repair')
    .description('Show what is damaged in a data folder, and cut it off if you agree.')
    .requiredOption('--data <folder>', 'the data folder of a server that does not run')
    .option('--yes', 'cut without asking')
    .option('--restored', 'the folder comes from a copy: let its tokens leap ahead')
    .action(async ({ data, ...flags }: { data: string; yes?: boolean; restored?: boolean }) => {
      const { repair } = await import('./repair.ts');
      const { stdin: input, stdout: output } = process;
      exit(await repair({ folder: data, input, output, ...flags }));
    });
}

function addCall(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('call')
    .description('Send one command to a server and print its reply, as redis-cli does.')
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions();
  withServerOptions(command, '5000').action(async (words: readonly string[], options: Texts) => {
    const { call } = await import('./call.ts');
    exit(await call(words, serverOptions(options)));
  });
}

/** What `fencepost cluster` does, each with its arguments and how long it may take, in ms. */
const clusterActions = [
  ['status', [], 'Show the nodes and partitions; exit code 2 if one has no leader.', '5000'],
  ['add', ['<node-id>', '<host:port>'], 'Add a node, as a learner.', '90000'],
  ['promote', ['<node-id>'], 'Make a learner vote, in every partition.', '90000'],
  ['remove', ['<node-id>'], 'Remove a node from every partition.', '90000'],
  ['transfer', ['<partition>', '<node-id>'], 'Make a node lead a partition, or `all`.', '90000'],
] as const;

function addCluster(program: Command, exit: (code: number) => void): void {
  const cluster = program
    .command('cluster')
    .description('Show and change the cluster that a server belongs to.');
  for (const [name, words, summary, timeoutMs] of clusterActions) {
    const command = cluster.command(name).description(summary);
    for (const word of words) command.argument(word);
    withServerOptions(command, timeoutMs).action(async () => {
      const { changeCluster, showCluster } = await import('./cluster.ts');
      const options = serverOptions(command.opts<Texts>());
      exit(
        name === 'status'
          ? await showCluster(options)
          : await changeCluster([name, ...command.args], options),
      );
    });
  }
}

/** The options of commands that talk to a server. */
function withServerOptions(command: Command, timeoutMs: string): Command {
  const { FENCEPOST_HOST: host = '127.0.0.1', FENCEPOST_PORT: port = '7379' } = process.env;
  return command
    .option('--host <address>', 'where the server listens', host)
    .option('--port <number>', 'its port', port)
    .option('--requirepass-file <file>', 'a file whose first line is the password')
    .option('--timeout <ms>', 'how long to wait', timeoutMs);
}

function serverOptions({ host = '', port, requirepassFile, timeout }: Texts): CallOptions {
  return {
    host,
    port: numberOf('--port', port),
    password: requirepassFile === undefined ? undefined : firstLineOf(requirepassFile),
    output: process.stdout,
    timeoutMs: numberOf('--timeout', timeout),
  };
}

function numberOf(flag: string, text: string | undefined): number {
  if (text !== undefined && /^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new FencepostError('BAD_OPTION', `${flag}: argument must be a number, got '${text}'`);
}

function firstLineOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FencepostError('BAD_OPTION', `--requirepass-file: ${reason}`, cause);
  }
}

/** One line, whatever the system below had to say. */
function writeError(message: string): void {
  process.stderr.write(`fencepost: ${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`);
}
