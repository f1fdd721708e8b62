/**
 * JSON text in. `JSON.parse` does the work; what it cannot tell (a key given twice, an integer that
 * no number keeps, an error in the words Go's decoder uses) is found by one scan of the text, only
 * where it is asked for or possible.
 */
import { setField } from './deep.ts';
import { parseInteger } from './long-integer.ts';

export class MalformedJson extends Error {
  override readonly name = 'MalformedJson';
}

export interface JsonQuestions {
  readonly duplicates?: boolean;
}

export interface ParsedJson {
  readonly value: unknown;
  /** Paths of keys that occur twice in one object ("spec.ports[0].port"); the last one wins. */
  readonly duplicates: readonly string[];
}

/** As many as Kubernetes reports. */
const MAX_DUPLICATES = 100;

/** Only where so many digits follow each other may an integer be too long for a number. */
const LONG_NUMBER = /\d{16}/;

/** Throws {@link MalformedJson}. `duplicates` is empty unless asked for. */
export function parseJson(text: string, ask: JsonQuestions = {}): ParsedJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    new Scanner(text).scan();
    throw new MalformedJson('invalid JSON');
  }
  if (ask.duplicates !== true && !LONG_NUMBER.test(text)) return { value, duplicates: [] };
  const scanner = new Scanner(text, { valid: true });
  const found = scanner.scan();
  for (const { path, integer } of scanner.integers) value = replaced(value, path, integer);
  return { value, duplicates: ask.duplicates === true ? found : [] };
}

type Path = readonly (string | number)[];

/** `root` with `integer` where it was rounded: of a key given twice the last value counts. */
function replaced(root: unknown, path: Path, integer: bigint): unknown {
  const key = path.at(-1);
  if (key === undefined) return integer;
  const holder = path.slice(0, -1).reduce(memberOf, root);
  if (memberOf(holder, key) === Number(integer))
    setField(holder as Record<string, unknown>, String(key), integer);
  return root;
}

function memberOf(holder: unknown, key: string | number): unknown {
  const isHeld = typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key);
  return isHeld ? (holder as Readonly<Record<string, unknown>>)[key] : undefined;
}

/** As for objects of every kind. Go's decoder takes ten times that, which recursion here cannot. */
const MAX_DEPTH = 1_000;

/** Reads one JSON text by Go's rules; throws {@link MalformedJson} where it departs. */
class Scanner {
  /** Those that JSON.parse has rounded. */
  readonly integers: { readonly path: Path; readonly integer: bigint }[] = [];
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  readonly #duplicates = new Set<string>();
  readonly #valid: boolean;
  #at = 0;

  /** `valid` promises that JSON.parse took the text: strings are then skipped, not checked. */
  constructor(text: string, { valid = false } = {}) {
    this.#text = text;
    this.#valid = valid;
  }

  scan(): string[] {
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('after top-level value');
    return [...this.#duplicates];
  }

  #value(): void {
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true');
      case 'f':
        return this.#literal('false');
      case 'n':
        return this.#literal('null');
      default:
        return this.#number();
    }
  }

  #object(): void {
    this.#enter('');
    const seen = new Set<string>();
    if (this.#next() === '}') return this.#leave();
    for (;;) {
      if (this.#next() !== '"') this.#fail('looking for beginning of object key string');
      const start = this.#at;
      this.#string();
      const key = this.#key(start);
      this.#path[this.#path.length - 1] = key;
      if (seen.has(key)) this.#report();
      else seen.add(key);
      if (this.#next() !== ':') this.#fail('after object key');
      this.#at++;
      this.#value();
      const next = this.#next();
      if (next === '}') return this.#leave();
      if (next !== ',') this.#fail('after object key:value pair');
      this.#at++;
    }
  }

  #array(): void {
    this.#enter(0);
    if (this.#next() === ']') return this.#leave();
    for (let index = 0; ; index++) {
      this.#path[this.#path.length - 1] = index;
      this.#value();
      const next = this.#next();
      if (next === ']') return this.#leave();
      if (next !== ',') this.#fail('after array element');
      this.#at++;
    }
  }

  #enter(step: string | number): void {
    this.#at++;
    this.#path.push(step);
    if (this.#path.length > MAX_DEPTH) throw new MalformedJson('exceeded max depth');
  }

  #leave(): void {
    this.#at++;
    this.#path.pop();
  }

  #skipString(): void {
    const text = this.#text;
    for (let end = this.#at; ;) {
      end = text.indexOf('"', end + 1);
      let escapes = 0;
      while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
      if (escapes % 2 === 1) continue;
      this.#at = end + 1;
      return;
    }
  }

  #string(): void {
    if (this.#valid) return this.#skipString();
    const text = this.#text;
    for (let at = this.#at + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return;
      }
      if (code === BACKSLASH) at = this.#escape(at + 1);
      else if (code < 0x20) this.#failAt(at, 'in string literal');
    }
    this.#failAt(text.length, 'in string literal');
  }

  /** `at` is behind the backslash; answers the last position of the escape. */
  #escape(at: number): number {
    const char = this.#text[at];
    if (char === undefined || !'"\\/bfnrtu'.includes(char)) {
      this.#failAt(at, 'in string escape code');
    }
    if (char !== 'u') return at;
    for (let digit = 1; digit <= 4; digit++) {
      if (!/[0-9a-fA-F]/.test(this.#text[at + digit] ?? '')) {
        this.#failAt(at + digit, 'in \\u hexadecimal character escape');
      }
    }
    return at + 4;
  }

  #key(start: number): string {
    const raw = this.#text.slice(start + 1, this.#at - 1);
    return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
  }

  #literal(word: string): void {
    for (let i = 1; i < word.length; i++) {
      if (this.#text[this.#at + i] === word[i]) continue;
      this.#failAt(this.#at + i, `in literal ${word} (expecting '${word[i]}')`);
    }
    this.#at += word.length;
  }

  #number(): void {
    const start = this.#at;
    if (this.#text[this.#at] === '-') this.#at++;
    if (this.#text[this.#at] === '0') this.#at++;
    else if (this.#isDigit()) this.#digits();
    else this.#fail(this.#at === start ? 'looking for beginning of value' : 'in numeric literal');
    if (!'.eE'.includes(this.#text[this.#at] ?? ' ')) return this.#integer(start);
    if (this.#text[this.#at] === '.') {
      this.#at++;
      if (!this.#isDigit()) this.#fail('after decimal point in numeric literal');
      this.#digits();
    }
    if (this.#text[this.#at] === 'e' || this.#text[this.#at] === 'E') {
      this.#at++;
      if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at++;
      if (!this.#isDigit()) this.#fail('in exponent of numeric literal');
      this.#digits();
    }
  }

  #integer(start: number): void {
    const integer = parseInteger(this.#text.slice(start, this.#at));
    if (typeof integer === 'bigint') this.integers.push({ path: [...this.#path], integer });
  }

  #digits(): void {
    while (this.#isDigit()) this.#at++;
  }

  #isDigit(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    return code >= 0x30 && code <= 0x39;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #next(): string | undefined {
    this.#space();
    return this.#text[this.#at];
  }

  #report(): void {
    if (this.#duplicates.size < MAX_DUPLICATES) this.#duplicates.add(pathText(this.#path));
  }

  #fail(context: string): never {
    this.#failAt(this.#at, context);
  }

  #failAt(at: number, context: string): never {
    const code = this.#text.codePointAt(at);
    if (code === undefined) throw new MalformedJson('unexpected end of JSON input');
    throw new MalformedJson(`invalid character ${quoted(code)} ${context}`);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function quoted(code: number): string {
  const char = String.fromCodePoint(code);
  if (char === "'") return "'\\''";
  if (char === '"') return `'"'`;
  // What Latin-1 has that cannot be printed.
  if (/[\x7f-\xa0\xad]/.test(char))
    return `'${code === 0x7f ? '\\x' : '\\u00'}${code.toString(16)}'`;
  const escaped = JSON.stringify(char).slice(1, -1);
  return `'${escaped.replace(/^\\u00/, '\\x')}'`;
}

/** ["spec", "ports", 0, "port"] → "spec.ports[0].port": how Kubernetes names a place. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
