/**
 * The grammar of a script: lists (`;`, `&`, `&&`, `||`), pipelines, `!`, simple commands with
 * assignments and redirections, `if`, `while`, `until`, `for` and `{ }`. A part of POSIX' shell
 * (XCU, 2.10); what is beyond it is a syntax error, never something else done in its place.
 */
import { NAME_AT, ShellSyntaxError, type Token, tokensOf, type Word } from './tokens.ts';

export interface Redirection {
  /** `<`, `>`, `>>` with a file; `2>&1` and `>&2` copy a stream. */
  readonly from: 'stdin' | 'stdout' | 'stderr';
  readonly append: boolean;
  readonly to: Word | 'stdout' | 'stderr';
}

export interface SimpleCommand {
  readonly type: 'simple';
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
}

export type Script = readonly Step[];

export type Compound =
  | {
      readonly type: 'if';
      /** `if` and each `elif`; the first whose condition holds is done. */
      readonly branches: readonly { readonly condition: Script; readonly body: Script }[];
      readonly otherwise: Script;
    }
  | {
      readonly type: 'while';
      readonly condition: Script;
      /** `until`: as long as the condition fails. */
      readonly until: boolean;
      readonly body: Script;
    }
  | {
      readonly type: 'for';
      readonly name: string;
      readonly words: readonly Word[];
      readonly body: Script;
    }
  | { readonly type: 'group'; readonly body: Script }
  /** `a && b &`: all of it at once with what follows. */
  | { readonly type: 'background'; readonly body: Script };

export type Command =
  SimpleCommand | (Compound & { readonly redirections: readonly Redirection[] });

export interface Step {
  readonly when: 'always' | 'success' | 'failure';
  readonly negated: boolean;
  readonly pipeline: readonly Command[];
}

/** They mean something only where a command begins. */
const reserved = new Set(
  'if then else elif fi for while until do done case esac function { } !'.split(' '),
);

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

  whole(): Script {
    const steps = this.#list([]);
    if (this.#at < this.#tokens.length) unexpected(this.#shown());
    return steps;
  }

  /** Up to one of these words where a command begins, which is not taken, or to the end. */
  #list(ends: readonly string[]): Script {
    const steps: Step[] = [];
    let when: Step['when'] = 'always';
    while (this.#at < this.#tokens.length) {
      if (when === 'always' && this.#take(';')) continue;
      if (when === 'always' && ends.includes(this.#keyword() ?? '')) return steps;
      const negated = this.#keyword() === '!';
      if (negated) this.#at++;
      steps.push({ when, negated, pipeline: this.#pipeline() });
      if (this.#take('&&')) when = 'success';
      else if (this.#take('||')) when = 'failure';
      else when = 'always';
      if (when === 'always' && this.#take('&')) steps.push(inBackground(steps));
      // A line may end after the operator.
      if (when !== 'always') while (this.#take(';'));
    }
    if (when !== 'always' || ends.length > 0)
      throw new ShellSyntaxError(
        `syntax error: unexpected end of file${ends.length > 0 ? ` (expecting "${ends[0]}")` : ''}`,
      );
    return steps;
  }

  #pipeline(): Command[] {
    const commands = [this.#command()];
    while (this.#take('|')) commands.push(this.#command());
    return commands;
  }

  #command(): Command {
    const compound = this.#compound();
    if (compound === undefined) return this.#simple();
    const redirections: Redirection[] = [];
    for (let next = this.#redirection(); next !== undefined; next = this.#redirection())
      redirections.push(next);
    return { ...compound, redirections };
  }

  #compound(): Compound | undefined {
    const keyword = this.#keyword();
    switch (keyword) {
      case 'if':
        return this.#if();
      case 'while':
      case 'until': {
        this.#at++;
        const condition = this.#block('do');
        return { type: 'while', until: keyword === 'until', condition, body: this.#block('done') };
      }
      case 'for':
        return this.#for();
      case '{':
        this.#at++;
        return { type: 'group', body: this.#block('}') };
      default:
        return undefined;
    }
  }

  #if(): Compound {
    const branches: { condition: Script; body: Script }[] = [];
    let next = this.#taken();
    while (next === 'if' || next === 'elif') {
      const condition = this.#block('then');
      const body = this.#list(['fi', 'elif', 'else']);
      if (body.length === 0) unexpected(this.#shown());
      branches.push({ condition, body });
      next = this.#taken();
    }
    return { type: 'if', branches, otherwise: next === 'else' ? this.#block('fi') : [] };
  }

  #for(): Compound {
    const [, variable, preposition] = this.#tokens.slice(this.#at, this.#at + 3);
    const name = variable?.type === 'word' ? (variable.plain ?? '') : '';
    if (name === '' || NAME_AT.exec(name)?.[0] !== name)
      throw new ShellSyntaxError('syntax error: bad for loop variable');
    if (preposition?.type !== 'word' || preposition.plain !== 'in') unexpected(name);
    this.#at += 3;
    const words: Word[] = [];
    for (
      let token = this.#tokens[this.#at];
      token?.type === 'word';
      token = this.#tokens[++this.#at]
    )
      words.push(token.word);
    while (this.#take(';'));
    if (this.#keyword() !== 'do') unexpected(this.#shown());
    this.#at++;
    return { type: 'for', name, words, body: this.#block('done') };
  }

  /** A list and its end, which is taken. */
  #block(end: string): Script {
    const steps = this.#list([end]);
    if (steps.length === 0) unexpected(this.#shown());
    this.#at++;
    return steps;
  }

  /** The keyword here, which is taken. */
  #taken(): string | undefined {
    const keyword = this.#keyword();
    this.#at++;
    return keyword;
  }

  #simple(): SimpleCommand {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token?.type === 'word') {
        const assigned = words.length === 0 ? assignment(token.word) : undefined;
        if (assigned !== undefined) assignments.push(assigned);
        else if (words.length === 0 && reserved.has(token.plain ?? '')) unexpected(token.plain!);
        else words.push(token.word);
        this.#at++;
        continue;
      }
      const redirection = this.#redirection();
      if (redirection === undefined) break;
      redirections.push(redirection);
    }
    if (words.length + assignments.length + redirections.length === 0) unexpected(this.#shown());
    return { type: 'simple', assignments, words, redirections };
  }

  #redirection(): Redirection | undefined {
    const token = this.#tokens[this.#at];
    if (token?.type !== 'operator') return undefined;
    const copy = copies[token.text];
    const file = files[token.text];
    if (copy === undefined && file === undefined) return undefined;
    this.#at++;
    if (file === undefined) return copy;
    const target = this.#tokens[this.#at++];
    if (target?.type !== 'word') unexpected('redirection');
    return { ...file, to: target.word };
  }

  #keyword(): string | undefined {
    const token = this.#tokens[this.#at];
    return token?.type === 'word' ? token.plain : undefined;
  }

  /** The token here, as errors name it. */
  #shown(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) return 'end of file';
    return token.type === 'operator' ? token.text : (token.plain ?? 'word');
  }

  #take(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== 'operator' || token.text !== text) return false;
    this.#at++;
    return true;
  }
}

/** The last list of `&&` and `||`, which is taken from the steps. */
function inBackground(steps: Step[]): Step {
  const body = steps.splice(steps.findLastIndex(({ when }) => when === 'always'));
  const command: Command = { type: 'background', body, redirections: [] };
  return { when: 'always', negated: false, pipeline: [command] };
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
  if (at === word.length || NAME_AT.exec(before)?.[0] !== before) return undefined;
  return { name: before, value: word.slice(at + 1) };
}

/** Throws a {@link ShellSyntaxError}. */
export function parseScript(text: string): Script {
  return new Parser(tokensOf(text)).whole();
}
