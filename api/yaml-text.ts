/**
 * YAML out, byte for byte as kubectl prints it: keys in the order of Go's YAML package, lists not
 * indented, and for each text the style its emitter (libyaml's) would choose.
 */
import { plainMeansText, scalarTraits, type ScalarTraits } from './yaml-scalar.ts';

/** Where folding begins: a blank beyond this column becomes a line break. */
const BEST_WIDTH = 80;
/** Longer keys need the "? key" form. */
const LONGEST_SIMPLE_KEY = 128;

/** Of a JSON value; what JSON leaves out is left out. */
export function stringifyYaml(value: unknown): string {
  const writer = new YamlWriter();
  writer.node(value as Json, { indent: -2, inSequence: false, onOwnLine: true });
  return writer.text();
}

type Json =
  undefined | null | boolean | number | bigint | string | Json[] | { [key: string]: Json };

interface Place {
  /** Of the collection that the node stands in; -2 at the top. */
  readonly indent: number;
  readonly inSequence: boolean;
  /** True if nothing stands before the node on its line but indentation and "- ". */
  readonly onOwnLine: boolean;
}

class YamlWriter {
  #parts: string[] = [];
  #column = 0;

  text(): string {
    return this.#parts.join('');
  }

  node(value: Json, place: Place): void {
    if (Array.isArray(value) && value.length > 0) this.#sequence(value, place);
    else if (isMapping(value)) this.#mapping(value, place);
    else this.#scalarLine(value, place);
  }

  /** In a mapping, "- " stands in the column of the key; in a list, one step further. */
  #sequence(items: readonly Json[], place: Place): void {
    const top = place.indent < 0;
    const indent = place.inSequence || top ? place.indent + 2 : place.indent;
    if (!place.onOwnLine) this.#break();
    items.forEach((item, i) => {
      if (i > 0 || !place.onOwnLine || top) this.#indent(indent);
      this.#write('- ');
      this.node(item, { indent, inSequence: true, onOwnLine: true });
    });
  }

  #mapping(mapping: { [key: string]: Json }, place: Place): void {
    const indent = place.indent + 2;
    if (!place.onOwnLine) this.#break();
    keysOf(mapping).forEach((key, i) => {
      if (i > 0 || !place.onOwnLine || place.indent < 0) this.#indent(indent);
      const goesOn = this.#key(key, indent);
      if (goesOn) this.#write(' ');
      this.node(mapping[key], { indent, inSequence: goesOn, onOwnLine: goesOn });
    });
  }

  /** Returns whether the value goes on in the same line, as after "? key". */
  #key(key: string, indent: number): boolean {
    const simple = !scalarTraits(key).multiline && Buffer.byteLength(key) <= LONGEST_SIMPLE_KEY;
    if (!simple) this.#write('? ');
    this.#string(key, { indent: indent + 2, key: simple });
    if (!simple) {
      if (this.#column > 0) this.#break();
      this.#indent(indent);
    }
    this.#write(':');
    return !simple;
  }

  #scalarLine(value: Json, { indent, onOwnLine }: Place): void {
    if (!onOwnLine) this.#write(' ');
    if (typeof value === 'string') this.#string(value, { indent: indent + 2, key: false });
    else if (typeof value === 'number') this.#write(goNumber(value));
    else if (Array.isArray(value)) this.#write('[]');
    else if (value === null || value === undefined) this.#write('null');
    else this.#write(typeof value === 'object' ? '{}' : String(value));
    if (this.#column > 0) this.#break();
  }

  #string(value: string, where: { indent: number; key: boolean }): void {
    const traits = scalarTraits(value);
    const style = styleOf(value, traits, where.key);
    if (style === 'literal') this.#literal(value, where.indent);
    else if (style === 'plain') this.#folded(value, where, '');
    else if (style === 'single') {
      this.#write("'");
      this.#folded(value.replaceAll("'", "''"), where, "'");
    } else this.#double(value, where);
  }

  /** Plain and single-quoted texts: a lone blank beyond the width becomes a line break. */
  #folded(value: string, where: { indent: number; key: boolean }, quote: "'" | ''): void {
    const characters = [...value];
    let afterBlank = false;
    characters.forEach((character, i) => {
      if (character === '\n') {
        // Only in quoted keys would they stand otherwise; see styleOf.
        this.#break();
        return;
      }
      const inside = quote === '' || (i > 0 && i < characters.length - 1);
      const lone = !afterBlank && characters[i + 1] !== ' ';
      afterBlank = character === ' ';
      if (afterBlank && !where.key && lone && inside && this.#column > BEST_WIDTH) {
        this.#break();
        this.#indent(where.indent);
      } else this.#write(character);
    });
    this.#write(quote);
  }

  #double(value: string, where: { indent: number; key: boolean }): void {
    const characters = [...value];
    let afterBlank = false;
    this.#write('"');
    characters.forEach((character, i) => {
      const inside = i > 0 && i < characters.length - 1;
      const foldable = character === ' ' && !afterBlank && !where.key && inside;
      afterBlank = character === ' ';
      if (foldable && this.#column > BEST_WIDTH) {
        this.#break();
        this.#indent(where.indent);
        if (characters[i + 1] === ' ') this.#write('\\');
      } else this.#write(escaped(character));
    });
    this.#write('"');
  }

  /** The hints say how far it is indented, if it begins with a blank, and how it ends. */
  #literal(value: string, indent: number): void {
    const leading = /^[ \n\u0085\u2028\u2029]/.test(value) ? '2' : '';
    const trailing = !value.endsWith('\n') ? '-' : /(^|\n)\n$/.test(value) ? '+' : '';
    this.#write(`|${leading}${trailing}`);
    const lines = value.split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const line of lines) {
      this.#break();
      if (line === '') continue;
      this.#indent(indent);
      this.#write(line);
    }
    this.#break();
  }

  #indent(columns: number): void {
    this.#write(' '.repeat(columns));
  }

  #write(text: string): void {
    this.#parts.push(text);
    this.#column += text.length;
  }

  #break(): void {
    this.#parts.push('\n');
    this.#column = 0;
  }
}

const isMapping = (value: Json): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && keysOf(value).length > 0;

const keysOf = (mapping: { [key: string]: Json }): string[] =>
  Object.keys(mapping)
    .filter((key) => mapping[key] !== undefined)
    .sort(byGoOrder);

type Style = 'plain' | 'single' | 'double' | 'literal';

function styleOf(value: string, traits: ScalarTraits, key: boolean): Style {
  if (value.includes('\n')) return traits.block && !key ? 'literal' : 'double';
  if (!plainMeansText(value)) return 'double';
  if (traits.plain && !(key && value === '')) return 'plain';
  return traits.single ? 'single' : 'double';
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escaped(character: string): string {
  const short = character === '\u00a0' ? undefined : escapes[character];
  if (short !== undefined) return short;
  const { special } = scalarTraits(character);
  if (!special) return character;
  const code = character.codePointAt(0)!;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Go's %g with the shortest digits: exponents below -4 and from 21 on, two digits at least. */
function goNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return BigInt(value).toString();
  const [, mantissa = '', sign = '+', exponent = ''] =
    /^(.+)e([-+])(\d+)$/.exec(value.toExponential()) ?? [];
  const power = Number(sign + exponent);
  if (power >= -4 && power < 21) return String(value);
  return `${mantissa}e${sign}${exponent.padStart(2, '0')}`;
}

const isLetter = (character: string): boolean => /\p{L}/u.test(character);
const LEADING_DIGITS = /^\d*/;

/** Go's order of keys: numbers in them by their value, and letters after all else. */
export function byGoOrder(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const l = left[i]!;
    const r = right[i]!;
    if (l === r) continue;
    const letters = [isLetter(l), isLetter(r)];
    if (letters[0] && letters[1]) return l < r ? -1 : 1;
    if (letters[0] || letters[1]) return letters[1] ? -1 : 1;
    return byNumber(left, right, i) || (l < r ? -1 : 1);
  }
  return left.length - right.length;
}

function byNumber(left: readonly string[], right: readonly string[], at: number): number {
  // A zero after other digits is one more digit; before them it counts for nothing.
  const zero = left[at] === '0' || right[at] === '0';
  const before = zero ? (/[0-9]*$/.exec(left.slice(0, at).join(''))?.[0] ?? '') : '';
  const lead = /[1-9]/.test(before) ? '1' : '';
  const digits = (from: readonly string[]): string =>
    LEADING_DIGITS.exec(from.slice(at).join(''))![0];
  const [l, r] = [digits(left), digits(right)];
  const difference = BigInt(`${lead}${l}` || 0) - BigInt(`${lead}${r}` || 0);
  if (difference !== 0n) return difference < 0n ? -1 : 1;
  return l.length - r.length;
}
