/**
 * Stock kubectl and kubectl-lite side by side: the same line against one API server, each in a
 * namespace of its own. What they print, their exit codes and, where asked, the objects they leave
 * have to be the same once names that cannot be are evened out.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { startCluster } from '../../../cluster/start-cluster.ts';
import { runCli } from '../../../kubectl-lite/cli.ts';
import { realEnvironment } from '../../../kubectl-lite/real-environment.ts';
import { kubectls } from '../../e2e/harness.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Where both ask: a cluster of ours, or another. */
export interface Stage {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

export interface StageOptions {
  readonly nodes: number;
  readonly runtime: 'hollow' | 'process';
}

export interface Transcript {
  readonly cluster: Stage;
  /** Writes a manifest that both can name: "web.yaml". Returns its path. */
  readonly file: (name: string, content: string) => Promise<string>;
  /** Runs the line in both namespaces and compares all that was said. Returns kubectl-lite's. */
  readonly both: (...line: string[]) => Promise<Said>;
  /** As `both`, of a line as one would type it: 'in quotes' is one word. */
  readonly says: (line: string) => Promise<Said>;
  /** As `both`, with standard input. */
  readonly piped: (input: string, ...line: string[]) => Promise<Said>;
  /** As `both`, for what cannot be the same word by word. */
  readonly each: (...line: string[]) => Promise<{ kubectl: Said; lite: Said }>;
  readonly lite: (...line: string[]) => Promise<Said>;
  /**
   * Runs the line until it has printed `shown`, then `during`, then ends it; for both, one after
   * the other. Returns what each printed on standard output, evened out.
   */
  readonly session: (
    line: string[],
    shown: RegExp,
    during: (match: RegExpExecArray) => Promise<void>,
  ) => Promise<{ kubectl: string; lite: string }>;
  /** Sets an environment variable of both. */
  readonly variable: (name: string, value: string) => void;
}

/** A line with this word runs in the namespace of the kubeconfig's context, and without `-n`. */
export const IN_CONTEXT = '{in context}';

/** Names of the same length, so that columns are as wide. */
const namespaces = { kubectl: 'ns-kube', lite: 'ns-lite' };

class SideBySide implements Transcript {
  cluster!: Stage;
  #folder = '';
  readonly #binary: string;
  readonly #variables: Record<string, string> = {};

  constructor(binary: string) {
    this.#binary = binary;
  }

  async start(options: StageOptions): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'wherry-side-'));
    this.cluster = await startStage(options);
    await writeFile(join(this.#folder, 'kubeconfig'), this.cluster.kubeconfig);
    for (const namespace of Object.values(namespaces)) {
      const { code, err } = await this.lite('create', 'namespace', namespace);
      expect([code, err]).toEqual([0, '']);
    }
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  readonly file = async (name: string, content: string): Promise<string> => {
    const path = join(this.#folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  };

  readonly both = (...line: string[]): Promise<Said> => this.piped('', ...line);

  readonly says = (line: string): Promise<Said> => this.both(...wordsOf(line));

  readonly piped = async (input: string, ...line: string[]): Promise<Said> => {
    const { kubectl, lite } = await this.#run(line, input);
    expect(evened(lite), `kubectl-lite ${line.join(' ')}`).toEqual(evened(kubectl));
    return lite;
  };

  readonly each = (...line: string[]): Promise<{ kubectl: Said; lite: Said }> =>
    this.#run(line, '');

  readonly variable = (name: string, value: string): void => {
    this.#variables[name] = value.replaceAll('FOLDER', this.#folder);
  };

  readonly session = async (
    line: string[],
    shown: RegExp,
    during: (match: RegExpExecArray) => Promise<void>,
  ): Promise<{ kubectl: string; lite: string }> => {
    const placed = (namespace: string): string[] =>
      this.#named(['-n', namespace, ...line], namespace);
    // Before all else: a free port may look like a node port.
    const even = (out: string): string =>
      evened({
        out: out.replaceAll(/:\d{4,5}\b/g, ':PORT').replaceAll(/ \d{4,5}$/gm, ' PORT'),
        err: '',
        code: 0,
      });
    const env = {
      ...process.env,
      HOME: this.#folder,
      KUBECONFIG: join(this.#folder, 'kubeconfig'),
      ...this.#variables,
    };
    const child = spawn(this.#binary, placed(namespaces.kubectl), { env, cwd: this.#folder });
    const kubectl = await until({ shown, during }, (onOut) => {
      child.stdout.on('data', (data: Buffer) => onOut(data.toString()));
      const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
      return { over: closed, end: () => child.kill('SIGINT') };
    });
    const stop = new AbortController();
    const lite = await until({ shown, during }, (onOut) => {
      const running = this.#lite(placed(namespaces.lite), '', { signal: stop.signal, onOut });
      return { over: running.then(() => {}), end: () => stop.abort() };
    });
    return { kubectl: even(kubectl), lite: even(lite) };
  };

  readonly lite = (...line: string[]): Promise<Said> =>
    this.#lite(['-n', namespaces.lite, ...this.#named(line, namespaces.lite)], '');

  async #run(line: string[], input: string): Promise<{ kubectl: Said; lite: Said }> {
    const dash = line.indexOf('--');
    const at = dash < 0 ? line.length : dash;
    const [kube, ours] = [namespaces.kubectl, namespaces.lite].map((namespace) => ({
      line: this.#named(
        // Some subcommands of config have a --namespace of their own, without -n.
        line[0] === 'config' || line.includes(IN_CONTEXT)
          ? line.filter((word) => word !== IN_CONTEXT)
          : line.toSpliced(at, 0, '-n', namespace),
        namespace,
      ),
      input: input.replaceAll('{namespace}', namespace),
    }));
    const kubectl = await this.#stock(kube!.line, kube!.input);
    const lite = await this.#lite(ours!.line, ours!.input);
    return { kubectl, lite };
  }

  /** The line with the files and the namespace that it means. */
  #named(line: readonly string[], namespace: string): string[] {
    return line.map((word) =>
      word.endsWith('.yaml') && !word.includes('/')
        ? join(this.#folder, word)
        : word
            .replaceAll('{own}', join(this.#folder, namespace))
            .replaceAll('{folder}', this.#folder)
            .replaceAll('{namespace}', namespace),
    );
  }

  async #stock(line: string[], input: string): Promise<Said> {
    const env = {
      ...process.env,
      HOME: this.#folder,
      KUBECONFIG: join(this.#folder, 'kubeconfig'),
      ...this.#variables,
    };
    const options = { env, cwd: this.#folder, maxBuffer: 1 << 26 };
    try {
      const running = promisify(execFile)(this.#binary, line, options);
      running.child.stdin?.end(input);
      const { stdout, stderr } = await running;
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout, err: stderr };
    }
  }

  async #lite(
    line: string[],
    input: string,
    more: { signal?: AbortSignal; onOut?: (text: string) => void } = {},
  ): Promise<Said> {
    let out = '';
    let err = '';
    const environment = realEnvironment({
      output: {
        out(text) {
          out += Buffer.from(text as string).toString();
          more.onOut?.(Buffer.from(text as string).toString());
        },
        err: (text) => (err += Buffer.from(text as string).toString()),
      },
      readInput: () => Promise.resolve(input),
      terminal: {
        isTerminal: false,
        async *input() {
          yield await Promise.resolve(Buffer.from(input));
        },
        makeRaw: () => () => {},
        size: () => undefined,
        onResize: () => () => {},
      },
      variables: {
        HOME: this.#folder,
        KUBECONFIG: join(this.#folder, 'kubeconfig'),
        PATH: process.env['PATH'],
        ...this.#variables,
      },
      workingFolder: this.#folder,
      interactive: false,
      signal: more.signal ?? new AbortController().signal,
    });
    const code = await runCli(line, environment);
    return { code, out, err };
  }
}

/** All that a command prints until it is ended. */
async function until(
  watched: { shown: RegExp; during: (match: RegExpExecArray) => Promise<void> },
  start: (onOut: (text: string) => void) => { over: Promise<void>; end: () => void },
): Promise<string> {
  let out = '';
  let found = (_: RegExpExecArray): void => {};
  const seen = new Promise<RegExpExecArray>((resolve) => (found = resolve));
  const { over, end } = start((text) => {
    out += text;
    const match = watched.shown.exec(out);
    if (match !== null) found(match);
  });
  try {
    const match = await Promise.race([seen, over]);
    if (match) await watched.during(match);
  } finally {
    end();
    await over;
  }
  return out;
}

/** What a shell makes of a line with quotes. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

/** Evens out what has to differ: the program's and namespace's names, ids, times, ages. */
function evened({ code, out, err }: Said): string {
  const even = (text: string): string =>
    text
      .replaceAll(/kubectl-lite/g, 'kubectl')
      .replaceAll(/kubectl\.1\.\d+/g, 'kubectl')
      .replaceAll(/ns-(kube|lite)/g, 'ns-same')
      .replaceAll(/\/tmp\/[^ "]*(LIVE|MERGED)-\w+/g, '/tmp/$1')
      .replaceAll(/(\/tmp\/\S+)\t\d{4}-.*/g, '$1')
      .replaceAll(/\/tmp\/[^ "]*kubectl\S*-edit-[^ "]*\.(yaml|json)/g, '/tmp/edit.$1')
      .replaceAll(/ \(document \d+, line \d+\)/g, '')
      // Ours names the file whatever the refusal was.
      .replaceAll(/error when (applying|creating|patching) "[^"]*": /g, '')
      // kubectl prints it or not, as the streams end.
      .replaceAll(/^\S*tar: Removing leading .*\n/gm, '')
      // Lines of kubectl's log.
      .replaceAll(/^W\d{4} .*\n/gm, '')
      .replaceAll(/-[0-9a-f]{8,10}-[a-z0-9]{5}\b/g, '-HASH-RANDO')
      .replaceAll(/\b([a-z]+)-[0-9a-f]{9,10}\b/g, '$1-HASH')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
      .replaceAll(/(pod-template-hash[:=] ?)[0-9a-f]+/g, '$1HASH')
      .replaceAll(/(resourceVersion"?: )"\d+"/g, '$1"VERSION"')
      .replaceAll(/(Resource Version: +)\d+/g, '$1VERSION')
      .replaceAll(/wherry:\/\/[0-9a-f]{64}/g, 'CONTAINER')
      .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'TOKEN-VOLUME')
      .replaceAll(/\b3[0-2]\d{3}(?=\/|$)/gm, 'NODE-PORT')
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/g, 'TIME')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, 'TIME')
      .replaceAll(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, 'TIME')
      .replaceAll(/\b10\.\d+\.\d+\.\d+( *)/g, 'ADDRESS ')
      .replaceAll(/CLUSTER-IP( *)/g, 'CLUSTER-IP ')
      // Of tests on a busy machine, too, which are older than two minutes.
      .replaceAll(/\b((\d+m)?\d+s|[2-9]m)\b( *)/g, 'AGE ')
      // As wide as the ages below it.
      .replaceAll(/^( +Type +Reason +Age) +/gm, '$1 ')
      .replaceAll(/^( +---- +-+ +----) +/gm, '$1 ')
      .replaceAll(/https:\/\/127\.0\.0\.1:\d+/g, 'SERVER');
  return `${even(out)}--- errors\n${even(err)}--- exit code ${code}\n`;
}

/** The newest stock kubectl below 1.34 that this machine has. */
export function stock(): string | undefined {
  return kubectls()
    .filter(({ name }) => !/1\.3[4-9]$/.test(name))
    .at(-1)?.path;
}

let startStage: (options: StageOptions) => Promise<Stage> = startCluster;
let scene = 'kubectl-lite beside kubectl';

/** The transcripts of modules imported from now on are played on another stage. */
export function playOn(name: string, start: (options: StageOptions) => Promise<Stage>): void {
  scene = `${scene}, on ${name}`;
  startStage = start;
}

/** A suite of transcripts with a cluster of its own; skipped, loudly, without a stock kubectl. */
export function transcripts(
  what: string,
  body: (transcript: Transcript) => void,
  { nodes = 0, runtime = 'hollow' }: Partial<StageOptions> = {},
): void {
  const binary = stock();
  describe.skipIf(binary === undefined)(`${scene}: ${what}`, () => {
    const sideBySide = new SideBySide(binary ?? '');
    beforeAll(() => sideBySide.start({ nodes, runtime }));
    afterAll(() => sideBySide.stop());
    body(sideBySide);
  });
}
