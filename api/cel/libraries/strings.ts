/** The extended strings (google/cel-go ext.Strings, version 2). Positions count code points. */
import { formatted } from './format.ts';
import { characters } from '../characters.ts';
import { elementCost } from '../element-cost.ts';
import {
  type ArgumentSize,
  type Overload,
  overload,
  type Pricing,
  sameSize,
  sizeOf,
  traversal,
  traverse,
  traverseTwice,
} from '../overloads.ts';
import { celQuoted } from './quoted.ts';
import { ArrayList, CelError, type List, noSuchOverload } from '../values.ts';

const BMP = 0xffff;
const SURROGATE = /[\ud800-\udfff]/;

/** Plain text is indexed as it is; only text beyond the BMP is taken apart. */
function points(text: string): readonly string[] | string {
  return SURROGATE.test(text) ? [...text] : text;
}

function slice(text: string, start: number, end?: number): string {
  const of = points(text);
  return typeof of === 'string' ? of.slice(start, end) : of.slice(start, end).join('');
}

const within = (index: bigint, length: number): number => {
  if (index < 0n || index > BigInt(length)) throw new CelError(`index out of range: ${index}`);
  return Number(index);
};

function charAt(text: string, index: bigint): string {
  const at = within(index, characters(text));
  if (!SURROGATE.test(text)) return text[at] ?? '';
  let unit = 0;
  for (let i = 0; i < at; i++) unit += text.codePointAt(unit)! > BMP ? 2 : 1;
  const point = text.codePointAt(unit);
  return point === undefined ? '' : String.fromCodePoint(point);
}

function substring(text: string, start: bigint, end?: bigint): string {
  const { length } = points(text);
  const from = within(start, length);
  const to = end === undefined ? length : within(end, length);
  if (from > to)
    throw new CelError(`invalid substring range. start: ${start}, end: ${String(end)}`);
  return slice(text, from, to);
}

/** As a number of code points. */
function position(text: string, units: number): bigint {
  return units < 0 ? -1n : BigInt(points(text.slice(0, units)).length);
}

/** Beyond the end there is nothing; before the start there is nowhere. */
const isBeyond = (text: string, start: bigint): boolean => start > BigInt(text.length);

function indexOf(text: string, part: string, start = 0n): bigint {
  if (isBeyond(text, start)) return -1n;
  const from = within(start, points(text).length);
  return position(text, text.indexOf(part, slice(text, 0, from).length));
}

function lastIndexOf(text: string, part: string, start?: bigint): bigint {
  if (start === undefined) return position(text, text.lastIndexOf(part));
  if (isBeyond(text, start)) return -1n;
  const from = within(start, points(text).length);
  return position(text, text.lastIndexOf(part, slice(text, 0, from).length));
}

function split(text: string, separator: string, limit = -1n): ArrayList {
  if (limit === 0n) return new ArrayList([]);
  if (limit === 1n) return new ArrayList([text]);
  const parts = separator === '' ? [...text] : text.split(separator);
  if (limit < 0n || BigInt(parts.length) <= limit) return new ArrayList(parts);
  const first = parts.slice(0, Number(limit) - 1);
  return new ArrayList([...first, parts.slice(Number(limit) - 1).join(separator)]);
}

/** What a text may grow to here; the cost limit allows no more either. */
const MAX_LENGTH = 10_000_000;

function replace(text: string, from: string, ...[to, limit = -1n]: [string, bigint?]): string {
  const parts = from === '' ? ['', ...text, ''] : text.split(from);
  const count = limit < 0n ? parts.length - 1 : Math.min(Number(limit), parts.length - 1);
  if (text.length + count * to.length > MAX_LENGTH) throw new CelError('result is too long');
  if (count === parts.length - 1) return parts.join(to);
  const rest = parts.slice(count).join(from);
  return [...parts.slice(0, count), rest].join(to);
}

function join(list: List, separator = ''): string {
  const texts: string[] = [];
  for (const each of list) {
    if (typeof each !== 'string') throw noSuchOverload();
    texts.push(each);
  }
  return texts.join(separator);
}

const ascii = (text: string, pattern: RegExp, change: (found: string) => string): string =>
  text.replace(pattern, change);

const SPACE = /[\s\u0085]/;

/** One pass: a pattern that is bound to the end would be tried at every space. */
function trim(text: string): string {
  let end = text.length;
  while (end > 0 && SPACE.test(text[end - 1]!)) end--;
  let start = 0;
  while (start < end && SPACE.test(text[start]!)) start++;
  return text.slice(start, end);
}

const long: Pricing = { cost: traverse, size: sameSize };
const grown: Pricing = { cost: traverseTwice, size: replacedSize };
const found: Pricing = {
  price: ([text]) => elementCost(text!),
  estimate: ([text]) => traversal(text!.max),
};
const quoted: Pricing = {
  cost: traverse,
  size: ([size]) => ({ min: size!.min + 2, max: size!.max * 2 + 2 }),
};
/** A separator of nothing leaves every character. */
const parted: Pricing = {
  cost: traverseTwice,
  size: ([size]) => ({ min: 0, max: size!.max }),
};
const joinedPricing: Pricing = {
  price: (_args, result) => traversal(2 * sizeOf(result)),
  estimate: (args) => traversal(joinedSize(args).max),
  size: joinedSize,
};

/** How long the result may be: the shortest part may be replaced by the longest. */
function replacedSize([text, from, to]: readonly ArgumentSize[]): ArgumentSize {
  const { max } = text!;
  if (from!.min === 0) return { min: 0, max: (max + 1) * to!.max + max };
  if (to!.max <= from!.min) return { min: 0, max };
  return { min: 0, max: Math.ceil(max / from!.min) * to!.max };
}

function joinedSize([list, separator]: readonly ArgumentSize[]): ArgumentSize {
  const { max, element } = list!;
  const each = element?.maxSize ?? 0;
  const between = separator === undefined ? 0 : Math.max(0, max - 1) * separator.max;
  return { min: 0, max: (max === 0 || each === 0 ? 0 : max * each) + between };
}

export const stringLibrary: readonly Overload[] = [
  overload('string.charAt(int): string', charAt),
  overload('string.indexOf(string): int', indexOf, found),
  overload('string.indexOf(string, int): int', indexOf, found),
  overload('string.lastIndexOf(string): int', lastIndexOf, found),
  overload('string.lastIndexOf(string, int): int', lastIndexOf, found),
  overload(
    'string.lowerAscii(): string',
    (text: string) => ascii(text, /[A-Z]+/g, (part) => part.toLowerCase()),
    long,
  ),
  overload(
    'string.upperAscii(): string',
    (text: string) => ascii(text, /[a-z]+/g, (part) => part.toUpperCase()),
    long,
  ),
  overload('string.replace(string, string): string', replace, grown),
  overload('string.replace(string, string, int): string', replace, grown),
  overload('string.split(string): list(string)', split, parted),
  overload('string.split(string, int): list(string)', split, parted),
  overload('string.substring(int): string', substring, long),
  overload('string.substring(int, int): string', substring, long),
  overload('string.trim(): string', trim, long),
  overload('list(string).join(): string', join, joinedPricing),
  overload('list(string).join(string): string', join, joinedPricing),
  overload('string.format(list(dyn)): string', formatted, { cost: traverse, walks: true }),
  { ...overload('quote(string): string', celQuoted, quoted), name: 'strings.quote' },
];
