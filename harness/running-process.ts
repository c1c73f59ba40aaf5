import { type ChildProcess, spawn } from 'node:child_process';

export interface ProcessOptions {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Leaves a channel for messages open to the process. */
  readonly channel?: boolean;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Enough of what it printed to see why it ended. */
const outputCharsMax = 1_000_000;

/** A run that is cut short must not leave processes behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One life of a process, from its start to its end by a signal or by itself. */
export class RunningProcess {
  readonly child: ChildProcess;
  readonly #ended: Promise<ExitStatus>;
  #output = '';
  #isExpectedToEnd = false;

  constructor({ command, env = {}, channel = false }: ProcessOptions) {
    const [name = '', ...args] = command;
    const child = spawn(name, args, {
      stdio: ['ignore', 'pipe', 'pipe', channel ? 'ipc' : 'ignore'],
      env: { ...process.env, ...env },
    });
    const collect = (chunk: Buffer): void => {
      this.#output = `${this.#output}${chunk.toString('utf8')}`.slice(-outputCharsMax);
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    running.add(child);
    this.child = child;
    this.#ended = new Promise((resolve) => {
      // A command that cannot be started reports `error` and never `exit`.
      child.once('error', (error) => {
        this.#output += `${error.message}\n`;
        resolve({ code: null, signal: null });
      });
      child.once('exit', (code, signal) => {
        running.delete(child);
        resolve({ code, signal });
      });
    });
  }

  /** What it is started under, such as `ip netns exec`, becomes it: so this is its own. */
  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** What it has printed so far, standard output and standard error together. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.pid !== -1;
  }

  /** Whether it ended although nobody ended it. */
  get hasCrashed(): boolean {
    return !this.isRunning && !this.#isExpectedToEnd;
  }

  /** Sends a signal and does not wait. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Resolves when it has ended by itself or by a signal. */
  ended(): Promise<ExitStatus> {
    return this.#ended;
  }

  /** Ends it by the signal and waits for that. */
  async end(name: NodeJS.Signals): Promise<ExitStatus> {
    this.#isExpectedToEnd = true;
    if (this.isRunning) this.child.kill(name);
    return await this.#ended;
  }
}
