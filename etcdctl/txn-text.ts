/**
 * The text of a transaction, as etcdctl reads it: compares, then requests for success, then for
 * failure, each part ended by an empty line.
 */
import type { Command } from 'commander';
import type { Plain } from '../store/grpc/schema/codec.ts';
import {
  delCommand,
  delRequest,
  getCommand,
  getRequest,
  putCommand,
  putRequest,
  type Words,
} from './kv-requests.ts';
import { invalidInput } from './failure.ts';

const results: Readonly<Record<string, number>> = { '=': 0, '>': 1, '<': 2, '!=': 3 };
/** Target's number and the field of its operand. */
const targets: Readonly<Record<string, readonly [number, string]>> = {
  ver: [0, 'version'],
  version: [0, 'version'],
  c: [1, 'create_revision'],
  create: [1, 'create_revision'],
  m: [2, 'mod_revision'],
  mod: [2, 'mod_revision'],
  val: [3, 'value'],
  value: [3, 'value'],
  lease: [4, 'lease'],
};

const COMPARE = /^(\w+)\((.+?)\)\s*(!=|=|<|>)\s*(.+)$/;

const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|([0-7]{3})|(.))/g;
const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', v: '\v', f: '\f' };

/** As Go reads it, of characters that take no more than these. */
function unescaped(_: string, ...found: readonly (string | undefined)[]): string {
  const [byte, unit, octal, letter = ''] = found;
  const hex = byte ?? unit;
  if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
  if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
  return letters[letter] ?? letter;
}

/** Words, with quotes and backslashes as in a shell or in Go. */
export function words(line: string): string[] {
  const found: string[] = [];
  for (const [, double, single, bare] of line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g))
    found.push(double === undefined ? (single ?? bare!) : double.replace(ESCAPE, unescaped));
  return found;
}

function compare(line: string): Plain {
  const [, name = '', key = '', operator = '', operand = ''] = COMPARE.exec(line) ?? [];
  const target = targets[name];
  const result = results[operator];
  if (target === undefined || result === undefined)
    throw invalidInput(`malformed comparison: ${line}`);
  const [text = ''] = words(operand);
  const value: Plain = { key: Buffer.from(words(key)[0] ?? ''), target: target[0], result };
  if (target[1] === 'value') value['value'] = Buffer.from(text);
  else if (target[1] === 'lease') value['lease'] = BigInt(`0x${text}`);
  else if (/^-?\d+$/.test(text)) value[target[1]] = Number(text);
  else throw invalidInput(`invalid txn compare request: ${line}`);
  return value;
}

interface Verb {
  readonly field: string;
  readonly command: () => Command;
  readonly request: (words: Words, flags: never) => Plain;
}

const verbs: Readonly<Record<string, Verb>> = {
  get: { field: 'request_range', command: getCommand, request: getRequest },
  put: { field: 'request_put', command: putCommand, request: putRequest },
  del: { field: 'request_delete_range', command: delCommand, request: delRequest },
};

/** A line is a command with its flags. */
function operation(line: string): Plain {
  const [name = '', ...rest] = words(line);
  const verb = verbs[name];
  const command = verb
    ?.command()
    .exitOverride()
    .configureOutput({ writeErr() {} });
  if (verb === undefined || command === undefined)
    throw invalidInput(`invalid txn request: ${line}`);
  try {
    command.action(() => {}).parse(rest, { from: 'user' });
  } catch (error) {
    throw invalidInput(`invalid txn request: ${line}`, error);
  }
  const [key, second] = command.args;
  return { [verb.field]: verb.request([key!, second], command.opts<never>()) };
}

/** Reads no further than the transaction goes. `prompt` is told before each part what it is. */
export async function readTxn(
  lines: AsyncIterable<string>,
  prompt: (text: string) => void,
): Promise<Plain> {
  const iterator = lines[Symbol.asyncIterator]();
  const part = async (name: string, read: (line: string) => Plain): Promise<Plain[]> => {
    prompt(`${name}:`);
    const found: Plain[] = [];
    for (;;) {
      const next = await iterator.next();
      const line = next.done === true ? '' : next.value.trim();
      if (line === '') return found;
      found.push(read(line));
    }
  };
  try {
    return {
      compare: await part('compares', compare),
      success: await part('success requests (get, put, del)', operation),
      failure: await part('failure requests (get, put, del)', operation),
    };
  } finally {
    await iterator.return?.();
  }
}
