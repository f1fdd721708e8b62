/** Programs that read lines, in the words of busybox; files are read whole. */
import { sleep } from '../../platform/clock.ts';
import { type Call, complain, print, type Program } from './call.ts';
import { absolute, FileFault } from './container-files.ts';

/** Longer than any container runs. */
const FOR_EVER_MS = 7 * 24 * 3_600_000;
/** How often a file that is followed is looked at. */
const LOOK_MS = 1000;
const MAX_NUMBERS = 100_000;

interface Arguments {
  /** Letters of the flags without values. */
  readonly flags: string;
  readonly values: ReadonlyMap<string, string>;
  readonly words: readonly string[];
}

/** Flags, those of `withValue` with what follows; a bare `-5` is `-n 5`. */
function argumentsOf(call: Call, withValue: string): Arguments {
  const values = new Map<string, string>();
  const words = call.words.slice(1);
  let flags = '';
  while (/^-[^-]/.test(words[0] ?? '')) {
    const word = words.shift()!;
    const letter = word[1]!;
    if (/^-\d+$/.test(word)) values.set('n', word.slice(1));
    else if (withValue.includes(letter)) values.set(letter, word.slice(2) || (words.shift() ?? ''));
    else flags += word.slice(1);
  }
  if (words[0] === '--') words.shift();
  return { flags, values, words };
}

/** Of the files, or of the input; a file that is not there is told of and counts as empty. */
async function bytesOf(call: Call, paths: readonly string[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (const path of paths) {
    if (path === '/dev/null') continue;
    try {
      chunks.push(await call.world.files.read(absolute(path, call.cwd)));
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      await complain(call, `${path}: ${error.message}`);
    }
  }
  if (paths.length === 0) for await (const bytes of call.io.stdin) chunks.push(bytes);
  return Buffer.concat(chunks);
}

async function linesOf(call: Call, paths: readonly string[]): Promise<string[]> {
  const text = (await bytesOf(call, paths)).toString();
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

const written = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

async function head(call: Call): Promise<number> {
  const { values, words } = argumentsOf(call, 'n');
  await print(call, written((await linesOf(call, words)).slice(0, Number(values.get('n') ?? 10))));
  return 0;
}

/** `-n 5`: the last five; `-n +5`: all from the fifth on. */
async function tail(call: Call): Promise<number> {
  const { flags, values, words } = argumentsOf(call, 'n');
  const asked = values.get('n') ?? '10';
  const lines = await linesOf(call, words);
  const count = Math.abs(Number(asked)) || 0;
  const from = asked.startsWith('+') ? count - 1 : lines.length - count;
  await print(call, written(lines.slice(Math.max(0, from))));
  if (!/[fF]/.test(flags)) return 0;
  const [path, ...others] = words.filter((word) => word !== '/dev/null');
  if (path !== undefined && others.length === 0) await follow(call, absolute(path, call.cwd));
  else await sleep(call.world.clock, FOR_EVER_MS, call.io.signal);
  return 130;
}

/** What is written to the file from now on; one that has become shorter is another one. */
async function follow({ world, io }: Call, path: string): Promise<void> {
  const bytesNow = async (): Promise<Buffer> => {
    const found = await world.files.find(path);
    return found?.kind === 'file' ? found.file.bytes : Buffer.alloc(0);
  };
  let shown = (await bytesNow()).length;
  while (!io.signal.aborted) {
    await sleep(world.clock, LOOK_MS, io.signal);
    const bytes = await bytesNow();
    if (bytes.length < shown) shown = 0;
    if (bytes.length > shown) await io.stdout.write(bytes.subarray(shown));
    shown = bytes.length;
  }
}

async function grep(call: Call): Promise<number> {
  const { flags, values, words } = argumentsOf(call, 'e');
  const [pattern, ...paths] = values.has('e') ? [values.get('e')!, ...words] : words;
  if (pattern === undefined) return complain(call, 'usage: grep [-qivEF] PATTERN [FILE]...', 2);
  const source = flags.includes('F') ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : pattern;
  let matcher: RegExp;
  try {
    matcher = new RegExp(source, flags.includes('i') ? 'i' : '');
  } catch {
    return complain(call, `bad regex '${pattern}'`, 2);
  }
  const lines = await linesOf(call, paths);
  const found = lines.filter((line) => matcher.test(line) !== flags.includes('v'));
  if (flags.includes('c')) await print(call, `${found.length}\n`);
  else if (!flags.includes('q')) await print(call, written(found));
  return found.length === 0 ? 1 : 0;
}

async function wc(call: Call): Promise<number> {
  const { flags, words } = argumentsOf(call, '');
  const bytes = await bytesOf(call, words);
  const text = bytes.toString();
  const counts = {
    l: text.split('\n').length - 1,
    w: text.split(/\s+/).filter((word) => word !== '').length,
    c: bytes.length,
  };
  const shown = Object.entries(counts).filter(([letter]) => flags === '' || flags.includes(letter));
  await print(call, `${[...shown.map(([, count]) => count), ...words].join(' ')}\n`);
  return 0;
}

async function seq(call: Call): Promise<number> {
  const numbers = call.words.slice(1).map(Number);
  if (numbers.length === 0 || numbers.length > 3 || numbers.some((each) => !Number.isFinite(each)))
    return complain(call, 'usage: seq [FIRST [INC]] LAST');
  const last = numbers.at(-1)!;
  const [first = 1, step = 1] = [
    ...(numbers.length > 1 ? numbers.slice(0, 1) : []),
    ...(numbers.length > 2 ? numbers.slice(1, 2) : []),
  ];
  const count = step === 0 ? 0 : Math.floor((last - first) / step) + 1;
  const values = Array.from({ length: Math.min(Math.max(count, 0), MAX_NUMBERS) });
  await print(call, written(values.map((_, i) => String(first + i * step))));
  return 0;
}

export const textPrograms: Readonly<Record<string, Program>> = { head, tail, grep, wc, seq };
