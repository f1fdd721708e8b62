/** `wherry etcdctl` in this process: what it said, to whom it was said, and how it ended. */
import type { ProcessContext } from '../../platform/node/process.ts';
import type { Names } from '../../platform/net/names.ts';
import type { Programs } from '../../platform/programs.ts';
import { etcdctlCommand } from '../../etcdctl/main.ts';

export interface Given {
  readonly input?: string;
  /** Lines that come one by one, in place of `input`. */
  readonly lines?: AsyncIterable<string>;
  /** What somebody types, prompt by prompt. */
  readonly typed?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly programs?: Programs;
  readonly names?: Names;
  readonly terminated?: AbortSignal;
  /** Told of all that was printed so far, errors too. */
  readonly onPrinted?: (all: string) => void;
}

export interface Said {
  readonly out: string;
  readonly err: string;
  readonly bytes: Buffer;
  readonly prompts: readonly string[];
  readonly error?: string;
}

export async function runEtcdctl(args: readonly string[], given: Given = {}): Promise<Said> {
  let [out, err, all] = ['', '', ''];
  const chunks: Uint8Array[] = [];
  const prompts: string[] = [];
  const typed = [...(given.typed ?? [])];
  const { lines } = given;
  const printed = (text: string): void => given.onPrinted?.((all += text));
  const context: ProcessContext = {
    ...{ script: 'wherry', argv: args, env: given.env ?? {}, pid: 1, cwd: '/', interactive: false },
    out(text) {
      if (typeof text === 'string') out += text;
      else chunks.push(text);
      printed(String(text));
    },
    err(text) {
      err += String(text);
      printed(String(text));
    },
    readInput: () => Promise.resolve(given.input ?? ''),
    ...(lines !== undefined && { inputLines: () => lines }),
    ...(given.typed !== undefined && {
      readSecret: (prompt: string) => {
        prompts.push(prompt);
        return Promise.resolve(typed.shift() ?? '');
      },
    }),
    terminated: given.terminated ?? new AbortController().signal,
    notifyReady() {},
  };
  const said = (): Said => ({ out, err, bytes: Buffer.concat(chunks), prompts });
  try {
    await etcdctlCommand(context, { programs: given.programs, names: given.names })
      .exitOverride()
      .parseAsync([...args], { from: 'user' });
    return said();
  } catch (error) {
    return { ...said(), error: (error as Error).message };
  }
}
