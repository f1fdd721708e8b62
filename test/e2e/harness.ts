/** Real processes for end-to-end tests: clusters, command lines, tools of the machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { realpathSync } from 'node:fs';

const root = process.cwd();
export const wherryMain = join(root, 'dist', 'cluster', 'main.cjs');
export const kubectlLiteMain = join(root, 'dist', 'kubectl-lite', 'main.js');

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly cwd?: string;
}

/** Runs a command to its end. Never rejects for its exit code. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...options.env },
      cwd: options.cwd ?? root,
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: what a shell has started is killed with it, and holds no pipe open.
      detached: true,
    });
    const killGroup = (): boolean => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
    const timer = setTimeout(killGroup, options.timeoutMs ?? 60_000);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** The output of a command that must succeed. */
export async function succeed(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')} exited with ${code}\n${stdout}${stderr}`);
}

/** Polls until `probe` neither throws nor yields false or undefined; shows the last reason. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | false | undefined>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let reason: unknown = 'never true';
  for (;;) {
    try {
      const value = await probe();
      if (value !== false && value !== undefined) return value;
    } catch (error) {
      reason = error;
    }
    if (performance.now() > deadline) {
      const detail = reason instanceof Error ? reason.message : String(reason);
      throw new Error(`waited ${timeoutMs} ms for ${what}: ${detail}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'wherry-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A `wherry up` of its own, on free ports. */
export class TestCluster {
  readonly dataDir: string;
  readonly kubeconfig: string;
  readonly process: ChildProcess;
  readonly #output: () => string;

  private constructor(dataDir: string, started: { process: ChildProcess; output: () => string }) {
    this.dataDir = dataDir;
    this.kubeconfig = join(dataDir, 'kubeconfig');
    this.process = started.process;
    this.#output = started.output;
  }

  /** Resolves when the cluster says that it is ready. */
  static async up(dataDir: string, args: readonly string[] = []): Promise<TestCluster> {
    const child = spawn(
      process.execPath,
      [wherryMain, 'up', '--data-dir', dataDir, '--port', '0', '--store-port', '0', ...args],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const cluster = new TestCluster(dataDir, { process: child, output: () => output });
    const isReady = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`it exited with ${child.exitCode}: ${output}`);
      return /^Ready in /m.test(output);
    };
    try {
      await eventually('the cluster to be ready', isReady, 90_000);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get output(): string {
    return this.#output();
  }

  /** The state that `wherry up` publishes. */
  state(): {
    pid: number;
    server: string;
    components: { name: string; pid: number; ready: boolean; restarts: number; address?: string }[];
  } {
    return JSON.parse(readFileSync(join(this.dataDir, 'run.json'), 'utf8')) as never;
  }

  component(name: string) {
    const found = this.state().components.find((component) => component.name === name);
    if (found === undefined) throw new Error(`no component ${name}`);
    return found;
  }

  kubectlLite(...args: string[]): Promise<Result> {
    return run(process.execPath, [kubectlLiteMain, ...args], { env: this.env });
  }

  get env(): Record<string, string> {
    return { KUBECONFIG: this.kubeconfig };
  }

  async stop(): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null)
      return this.process.exitCode;
    const exited = new Promise<number | null>((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    return exited;
  }

  /** `kill -9` of the supervisor and every component, all at once. */
  async killEverything(): Promise<void> {
    const pids = new Set([this.state().pid, ...this.state().components.map((c) => c.pid)]);
    const exited = new Promise((resolve) => this.process.once('exit', resolve));
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It died with its supervisor.
      }
    }
    await exited;
  }
}

function onPath(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
  }
  return undefined;
}

/** No Debian package has them, and CI does without. */
const neverInCi = new Set(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'helm']);

/**
 * The path of a tool of the machine. Where it is missing the test is to be skipped, loudly; in
 * CI (WHERRY_REQUIRE_TOOLS) that is a failure, unless CI never has it.
 */
export function tool(name: string): string | undefined {
  const found = onPath(name) ?? besideKubectl(name);
  if (found !== undefined) return found;
  const text = `${name} is not installed: the tests that need it are skipped`;
  if (process.env['WHERRY_REQUIRE_TOOLS'] === '1' && !neverInCi.has(name)) throw new Error(text);
  console.warn(text);
  return undefined;
}

/** Some installations keep kubectl of several releases in one folder: kubectl.1.27, kubectl.1.28, … */
function besideKubectl(name: string): string | undefined {
  const kubectl = onPath('kubectl');
  if (kubectl === undefined) return undefined;
  const path = join(dirname(realpathSync(kubectl)), name);
  return existsSync(path) ? path : undefined;
}

/** The kubectl releases on this machine, oldest first; the plain `kubectl` if there are no others. */
export function kubectls(): { name: string; path: string }[] {
  const minors = Array.from({ length: 20 }, (_, i) => `kubectl.1.${20 + i}`);
  const found = minors.flatMap((name) => {
    const path = onPath(name) ?? besideKubectl(name);
    return path === undefined ? [] : [{ name, path }];
  });
  if (found.length > 0) return found;
  const path = tool('kubectl');
  return path === undefined ? [] : [{ name: 'kubectl', path }];
}
