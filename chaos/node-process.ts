import { type ChildProcess, spawn } from 'node:child_process';

export interface NodeProcessOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Enough of what it printed to see why it ended. */
const outputCharsMax = 20_000;

/** One life of a node: from its start to its end by a signal or by itself. */
export class NodeProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';
  #isExpectedToEnd = false;

  constructor({ command, env }: NodeProcessOptions) {
    const [name = '', ...args] = command;
    const child = spawn(name, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const collect = (chunk: Buffer): void => {
      this.#output = `${this.#output}${chunk.toString('utf8')}`.slice(-outputCharsMax);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    // A run that is cut short must not leave nodes behind.
    const killAtExit = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', killAtExit);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#output += `${error.message}\n`;
        resolve();
      });
      child.once('exit', () => {
        process.removeListener('exit', killAtExit);
        resolve();
      });
    });
  }

  /** `ip netns exec` becomes the command, so this is the node's own. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.pid !== -1;
  }

  /** Whether it ended although nobody ended it. */
  get hasCrashed(): boolean {
    return !this.isRunning && !this.#isExpectedToEnd;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  async end(name: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#isExpectedToEnd = true;
    if (this.isRunning) this.#child.kill(name);
    await this.#ended;
  }
}
