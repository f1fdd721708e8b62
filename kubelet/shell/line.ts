/**
 * The grammar of a line: lists (`;`, `&&`, `||`), pipelines, simple commands with assignments and
 * redirections, quotes, variables and `$(…)`. A part of POSIX' shell (XCU, 2.10); what is beyond
 * it is a syntax error, never something else done in its place.
 */
export type Part =
  | { readonly type: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly type: 'variable'; readonly name: string; readonly quoted: boolean }
  | { readonly type: 'output'; readonly line: string; readonly quoted: boolean };

export type Word = readonly Part[];

export interface Redirection {
  /** `<`, `>`, `>>` with a file; `2>&1` and `>&2` copy a stream. */
  readonly from: 'stdin' | 'stdout' | 'stderr';
  readonly append: boolean;
  readonly to: Word | 'stdout' | 'stderr';
}

export interface SimpleCommand {
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
}

export interface Step {
  readonly when: 'always' | 'success' | 'failure';
  readonly pipeline: readonly SimpleCommand[];
}

export class ShellSyntaxError extends Error {
  override readonly name = 'ShellSyntaxError';
}

type Token =
  | { readonly type: 'word'; readonly word: Word; readonly plain: string | undefined }
  | { readonly type: 'operator'; readonly text: string };

const operators = ['&&', '||', '2>&1', '1>&2', '>&2', '2>>', '2>', '>>', '>', '<', ';', '|', '\n'];
const beyond = ['&', '(', ')', '`'];
const reserved = new Set(
  'if then else elif fi for while until do done case esac function { } ! [['.split(' '),
);
const nameAt = /^[A-Za-z_][A-Za-z0-9_]*/;

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
      if (/[\s;|<>&()`]/.test(next)) break;
      const unquoted = next !== "'" && next !== '"' && next !== '\\' && next !== '$';
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
    if (next === '`') unexpected('`');
    if (next !== '$') return { type: 'text', text: next, quoted };
    return this.#dollar(quoted);
  }

  #dollar(quoted: boolean): Part {
    const rest = this.#text.slice(this.#at);
    if (rest.startsWith('(')) return { type: 'output', line: this.#nested(), quoted };
    if (rest.startsWith('{')) {
      const end = rest.indexOf('}');
      const name = rest.slice(1, Math.max(end, 1));
      if (end < 0 || (nameAt.exec(name)?.[0] !== name && name !== '?'))
        throw new ShellSyntaxError(`syntax error: bad substitution`);
      this.#at += end + 1;
      return { type: 'variable', name, quoted };
    }
    const name = /^[?$0#]/.exec(rest)?.[0] ?? nameAt.exec(rest)?.[0];
    if (name === undefined) return { type: 'text', text: '$', quoted };
    this.#at += name.length;
    return { type: 'variable', name, quoted };
  }

  #nested(): string {
    const begin = this.#at + 1;
    let depth = 0;
    for (let i = this.#at; i < this.#text.length; i++) {
      if (this.#text[i] === '(') depth++;
      if (this.#text[i] === ')') depth--;
      if (depth > 0) continue;
      this.#at = i + 1;
      return this.#text.slice(begin, i);
    }
    throw new ShellSyntaxError('syntax error: unexpected end of file (expecting ")")');
  }
}

function unexpected(text: string): never {
  throw new ShellSyntaxError(`syntax error: unexpected "${text}"`);
}

const copies: Readonly<Record<string, Redirection>> = {
  '2>&1': { from: 'stderr', append: false, to: 'stdout' },
  '>&2': { from: 'stdout', append: false, to: 'stderr' },
  '1>&2': { from: 'stdout', append: false, to: 'stderr' },
};
const files: Readonly<Record<string, Omit<Redirection, 'to'>>> = {
  '<': { from: 'stdin', append: false },
  '>': { from: 'stdout', append: false },
  '>>': { from: 'stdout', append: true },
  '2>': { from: 'stderr', append: false },
  '2>>': { from: 'stderr', append: true },
};

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  steps(): Step[] {
    const steps: Step[] = [];
    let when: Step['when'] = 'always';
    while (this.#at < this.#tokens.length) {
      if (when === 'always' && this.#take(';')) continue;
      steps.push({ when, pipeline: this.#pipeline() });
      if (this.#take('&&')) when = 'success';
      else if (this.#take('||')) when = 'failure';
      else when = 'always';
    }
    if (when !== 'always') throw new ShellSyntaxError('syntax error: unexpected end of file');
    return steps;
  }

  #pipeline(): SimpleCommand[] {
    const commands = [this.#command()];
    while (this.#take('|')) commands.push(this.#command());
    return commands;
  }

  #command(): SimpleCommand {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at]!;
      if (token.type === 'word') {
        const assigned = words.length === 0 ? assignment(token.word) : undefined;
        if (assigned !== undefined) assignments.push(assigned);
        else if (words.length === 0 && reserved.has(token.plain ?? '')) unexpected(token.plain!);
        else words.push(token.word);
        continue;
      }
      const copy = copies[token.text];
      const file = files[token.text];
      if (copy !== undefined) redirections.push(copy);
      else if (file !== undefined) redirections.push({ ...file, to: this.#target() });
      else break;
    }
    if (words.length + assignments.length + redirections.length === 0) {
      const token = this.#tokens[this.#at];
      unexpected(token?.type === 'operator' ? token.text : 'newline');
    }
    return { assignments, words, redirections };
  }

  #target(): Word {
    const token = this.#tokens[++this.#at];
    if (token?.type !== 'word') unexpected('redirection');
    return token.word;
  }

  #take(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== 'operator' || token.text !== text) return false;
    this.#at++;
    return true;
  }
}

/** `NAME=value`: the name and the sign unquoted. */
function assignment(word: Word): { name: string; value: Word } | undefined {
  let at = 0;
  let before = '';
  for (; at < word.length; at++) {
    const part = word[at]!;
    if (part.type !== 'text' || part.quoted) return undefined;
    if (part.text === '=') break;
    before += part.text;
  }
  if (at === word.length || nameAt.exec(before)?.[0] !== before) return undefined;
  return { name: before, value: word.slice(at + 1) };
}

/** Throws a {@link ShellSyntaxError}. */
export function parseLine(text: string): Step[] {
  return new Parser(new Lexer(text).tokens()).steps();
}
