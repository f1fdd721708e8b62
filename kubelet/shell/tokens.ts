/** Divides a script into words and operators: quotes, escapes, variables, `$(…)` and `$((…))`. */
export type Part =
  | { readonly type: 'text'; readonly text: string; readonly quoted: boolean }
  | {
      readonly type: 'variable';
      readonly name: string;
      readonly quoted: boolean;
      /** Of `${NAME:-instead}`: what it is when unset or empty; `assign` for `:=`. */
      readonly instead?: { readonly word: Word; readonly assign: boolean };
    }
  | { readonly type: 'output'; readonly line: string; readonly quoted: boolean }
  | { readonly type: 'sum'; readonly expression: string; readonly quoted: boolean };

export type Word = readonly Part[];

export class ShellSyntaxError extends Error {
  override readonly name = 'ShellSyntaxError';
}

export type Token =
  | { readonly type: 'word'; readonly word: Word; readonly plain: string | undefined }
  | { readonly type: 'operator'; readonly text: string };

const operators = [
  '&&',
  '||',
  '2>&1',
  '1>&2',
  '>&2',
  '2>>',
  '2>',
  '>>',
  '>',
  '<',
  ';',
  '|',
  '&',
  '\n',
];
const beyond = ['(', ')'];
export const NAME_AT = /^[A-Za-z_][A-Za-z0-9_]*/;

class Lexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  tokens(): Token[] {
    const tokens: Token[] = [];
    for (;;) {
      this.#skipBlanks();
      if (this.#at >= this.#text.length) return tokens;
      const rest = this.#text.slice(this.#at);
      const operator = operators.find((each) => rest.startsWith(each));
      if (operator !== undefined) {
        this.#at += operator.length;
        tokens.push({ type: 'operator', text: operator === '\n' ? ';' : operator });
      } else if (beyond.includes(rest[0]!)) unexpected(rest[0]!);
      else tokens.push(this.#word());
    }
  }

  #skipBlanks(): void {
    const rest = this.#text.slice(this.#at);
    this.#at += /^(?:[ \t\r]|\\\n)*(?:#[^\n]*)?/.exec(rest)![0].length;
  }

  #word(): Token {
    const parts: Part[] = [];
    let plain: string | undefined = '';
    while (this.#at < this.#text.length) {
      const next = this.#text[this.#at]!;
      if (/[\s;|<>&()]/.test(next)) break;
      const unquoted = !/['"\\$`]/.test(next);
      plain = unquoted && plain !== undefined ? plain + next : undefined;
      if (next === "'") parts.push(this.#single());
      else if (next === '"') parts.push(...this.#double());
      else parts.push(this.#piece(false));
    }
    return { type: 'word', word: parts, plain };
  }

  #single(): Part {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end < 0) throw new ShellSyntaxError('syntax error: unterminated quoted string');
    const text = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return { type: 'text', text, quoted: true };
  }

  #double(): Part[] {
    const parts: Part[] = [{ type: 'text', text: '', quoted: true }];
    this.#at++;
    while (this.#text[this.#at] !== '"') {
      if (this.#at >= this.#text.length)
        throw new ShellSyntaxError('syntax error: unterminated quoted string');
      parts.push(this.#piece(true));
    }
    this.#at++;
    return parts;
  }

  /** One character, an escape, a variable or a substitution. */
  #piece(quoted: boolean): Part {
    const next = this.#text[this.#at++]!;
    if (next === '\\') {
      const escaped = this.#text[this.#at++] ?? '\\';
      const text = quoted && !/["\\$`]/.test(escaped) ? `\\${escaped}` : escaped;
      return { type: 'text', text, quoted: true };
    }
    if (next === '`') return { type: 'output', line: this.#backquoted(), quoted };
    if (next !== '$') return { type: 'text', text: next, quoted };
    return this.#dollar(quoted);
  }

  #dollar(quoted: boolean): Part {
    const rest = this.#text.slice(this.#at);
    if (rest.startsWith('((')) {
      const inner = this.#within('(', ')');
      if (!inner.endsWith(')')) throw new ShellSyntaxError("syntax error: missing '))'");
      return { type: 'sum', expression: inner.slice(1, -1), quoted };
    }
    if (rest.startsWith('(')) return { type: 'output', line: this.#within('(', ')'), quoted };
    if (rest.startsWith('{')) return substitution(this.#within('{', '}'), quoted);
    const name = /^[?$0#!]/.exec(rest)?.[0] ?? NAME_AT.exec(rest)?.[0];
    if (name === undefined) return { type: 'text', text: '$', quoted };
    this.#at += name.length;
    return { type: 'variable', name, quoted };
  }

  #backquoted(): string {
    const end = this.#text.indexOf('`', this.#at);
    if (end < 0) throw new ShellSyntaxError('syntax error: EOF in backquote substitution');
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return line;
  }

  /** What is between this bracket and its end. */
  #within(open: string, close: string): string {
    const begin = this.#at + 1;
    let depth = 0;
    for (let i = this.#at; i < this.#text.length; i++) {
      if (this.#text[i] === open) depth++;
      if (this.#text[i] === close) depth--;
      if (depth > 0) continue;
      this.#at = i + 1;
      return this.#text.slice(begin, i);
    }
    throw new ShellSyntaxError(`syntax error: unexpected end of file (expecting "${close}")`);
  }
}

/** `${NAME}`, `${NAME:-word}`, `${NAME-word}`, `${NAME:=word}`; no others. */
function substitution(inner: string, quoted: boolean): Part {
  const name = /^[?#]$/.exec(inner)?.[0] ?? NAME_AT.exec(inner)?.[0] ?? '';
  const rest = inner.slice(name.length);
  if (name !== '' && rest === '') return { type: 'variable', name, quoted };
  const operator = /^:?[-=]/.exec(rest)?.[0];
  if (name === '' || operator === undefined)
    throw new ShellSyntaxError('syntax error: bad substitution');
  const word = wordOf(rest.slice(operator.length));
  return { type: 'variable', name, quoted, instead: { word, assign: operator.endsWith('=') } };
}

/** A text as one word, blanks included. */
function wordOf(text: string): Word {
  const parts = new Lexer(`"${text.replaceAll('"', '')}"`).tokens();
  return parts[0]?.type === 'word' ? parts[0].word : [];
}

function unexpected(text: string): never {
  throw new ShellSyntaxError(`syntax error: unexpected "${text}"`);
}

/** Throws a {@link ShellSyntaxError}. */
export function tokensOf(text: string): Token[] {
  return new Lexer(text).tokens();
}
