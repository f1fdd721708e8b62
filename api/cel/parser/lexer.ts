/** Tokens of CEL (google/cel-spec, "Syntax"). */
import { type Issue, MAX_ISSUES } from './source.ts';

export type TokenType =
  'int' | 'uint' | 'double' | 'string' | 'bytes' | 'name' | 'punctuation' | 'end';

export interface Token {
  readonly type: TokenType;
  /** As written; of a quoted name and of a string: what it says. */
  readonly text: string;
  /** `a-b` in backticks, which is a field's name and nothing else. */
  readonly quoted: boolean;
  readonly at: number;
  readonly end: number;
}

export class SyntaxFault extends Error {
  readonly issue: Issue;

  constructor(at: number, message: string) {
    super(message);
    this.issue = { at, message };
  }
}

const SPACE = /[ \t\r\n\f]+|\/\/[^\n]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const DOUBLE = String.raw`\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?`;
const NUMBER = new RegExp(String.raw`(?:${DOUBLE})|0[xX][0-9a-fA-F]+[uU]?|\d+[uU]?`, 'y');
const STRING = /([bB]?[rR]?)("""|'''|"|')/y;
const PUNCTUATION = /&&|\|\||[=!<>]=|[-+*/%!?:.,()[\]{}<>]/y;
const QUOTED_NAME = /`([A-Za-z0-9_.\-/ ]+)`/y;

export interface Tokens {
  readonly tokens: readonly Token[];
  /** What is no token, and was passed over. The last of more than {@link MAX_ISSUES} is the end. */
  readonly issues: readonly Issue[];
}

export function tokensOf(source: string): Tokens {
  const tokens: Token[] = [];
  const issues: Issue[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  const push = (type: TokenType, text: string, length: number): void => {
    tokens.push({ type, text, quoted: source[at] === '`', at, end: at + length });
    at += length;
  };
  const skip = (length: number): void => {
    const text = source.slice(at, at + length);
    const isTooMany = issues.length === MAX_ISSUES;
    const what = isTooMany
      ? `More than ${MAX_ISSUES} syntax errors`
      : `token recognition error at: '${text}'`;
    issues.push({ at, message: `Syntax error: ${what}` });
    at = isTooMany ? source.length : at + length;
  };
  while (at < source.length) {
    let found = match(SPACE);
    if (found !== null) {
      at += found[0].length;
      continue;
    }
    if ((found = match(STRING)) !== null) {
      const string = stringAt(source, at, found);
      if ('rest' in string) skip(string.rest);
      else push(string.type, string.text, string.length);
    } else if ((found = match(NUMBER)) !== null) {
      const text = found[0];
      const hex = /^0[xX]/.test(text);
      const type = /[uU]$/.test(text) ? 'uint' : !hex && /[.eE]/.test(text) ? 'double' : 'int';
      push(type, text, text.length);
    } else if ((found = match(NAME)) !== null) push('name', found[0], found[0].length);
    else if ((found = match(PUNCTUATION)) !== null) push('punctuation', found[0], found[0].length);
    else if ((found = match(QUOTED_NAME)) !== null) push('name', found[1]!, found[0].length);
    else
      skip(
        /^=[^=]/.test(source.slice(at)) ? 2 : String.fromCodePoint(source.codePointAt(at)!).length,
      );
  }
  push('end', '<EOF>', 0);
  return { tokens, issues };
}

/** A string, or how much of it is none. */
function stringAt(source: string, at: number, found: RegExpExecArray) {
  const [opening, prefix = '', quote = ''] = found;
  const raw = /r/i.test(prefix);
  const bytes = /b/i.test(prefix);
  const start = at + opening.length;
  let end = start;
  for (;;) {
    const rest = end - at;
    if (end >= source.length) return { rest };
    if (source.startsWith(quote, end)) break;
    if (quote.length === 1 && (source[end] === '\n' || source[end] === '\r')) return { rest };
    if (!raw && source[end] === '\\' && !ESCAPED.test(source.slice(end + 1, end + 10)))
      return { rest: rest + 2 };
    end += !raw && source[end] === '\\' ? 2 : 1;
  }
  const written = source.slice(start, end);
  const text = raw ? (bytes ? latin1(written) : written) : unescaped(written, { at, bytes });
  const type: TokenType = bytes ? 'bytes' : 'string';
  return { type, text, length: end + quote.length - at };
}

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** What may follow a backslash. */
const ESCAPED =
  /^(?:[abfnrtv\\?"'`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})/;

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '?': '?',
  '"': '"',
  "'": "'",
  '`': '`',
};

const ESCAPE =
  /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))/gs;

/** Of bytes: one character per byte. */
function unescaped(text: string, of: { readonly at: number; readonly bytes: boolean }): string {
  const fail = (): never => {
    throw new SyntaxFault(of.at, 'unable to unescape string');
  };
  const plain = (part: string): string => (of.bytes ? latin1(part) : part);
  let result = '';
  let last = 0;
  for (const found of text.matchAll(ESCAPE)) {
    const [whole, hex, short, long, octal, simple] = found;
    result += plain(text.slice(last, found.index));
    last = found.index + whole.length;
    const code = hex ?? short ?? long;
    if (code !== undefined) {
      if (of.bytes && hex === undefined) fail();
      const point = Number.parseInt(code, 16);
      if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        throw new SyntaxFault(of.at, 'invalid unicode code point');
      result += String.fromCodePoint(point);
    } else if (octal !== undefined) result += String.fromCharCode(Number.parseInt(octal, 8));
    else result += SIMPLE[simple!] ?? fail();
  }
  return result + plain(text.slice(last));
}
