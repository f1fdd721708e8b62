/**
 * The grammar of CEL (google/cel-spec), with the macros of Kubernetes' environment. Own rather
 * than a package's: Kubernetes shows where an expression is wrong by cel-go's positions, and
 * needs optional entries, quoted field names and object literals.
 */
import { type Token, SyntaxFault, tokensOf } from './lexer.ts';
import { expandMacro } from './macros.ts';
import { CelCompileError, compileError, type Issue, MAX_ISSUES } from './source.ts';
import type { Expr } from './syntax.ts';
import { MAX_INT, MAX_UINT, Uint } from '../values.ts';

/** cel-go's own bounds. */
const MAX_DEPTH = 250;
const MAX_LENGTH = 100_000;

const EXPRESSION_START =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, " +
  'BYTES, IDENTIFIER}';
/** The first field of a literal. */
const FIELD = "{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}";

const RESERVED = new Set(
  (
    'as break const continue else for function if import let loop package namespace return var ' +
    'void while'
  ).split(' '),
);

const relations = new Map([
  ['<', '_<_'],
  ['<=', '_<=_'],
  ['>', '_>_'],
  ['>=', '_>=_'],
  ['==', '_==_'],
  ['!=', '_!=_'],
  ['in', '@in'],
]);
const sums = new Map([
  ['+', '_+_'],
  ['-', '_-_'],
]);
const products = new Map([
  ['*', '_*_'],
  ['/', '_/_'],
  ['%', '_%_'],
]);

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  /** Of the lexer. */
  readonly issues: readonly Issue[];
  #next = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    const { tokens, issues } = tokensOf(source);
    this.#tokens = tokens;
    this.issues = issues;
  }

  whole(): Expr {
    const expr = this.expression();
    const token = this.#peek;
    if (token.type === 'end') return expr;
    const isLast = this.#tokens[this.#next + 1]?.type === 'end';
    const what = isLast ? 'extraneous' : 'mismatched';
    const problem = `Syntax error: ${what} input '${this.#raw(token)}' expecting <EOF>`;
    throw new SyntaxFault(token.at, problem);
  }

  expression(): Expr {
    if (++this.#depth > MAX_DEPTH)
      throw new SyntaxFault(this.#peek.at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
    const condition = this.#logical('_||_');
    let result = condition;
    if (this.#is('?')) {
      const { at } = this.#take();
      const then = this.#logical('_||_');
      this.#expect(':');
      result = { type: 'conditional', condition, then, otherwise: this.expression(), at };
    }
    this.#depth--;
    return result;
  }

  #logical(operator: '_||_' | '_&&_'): Expr {
    const term = (): Expr => (operator === '_||_' ? this.#logical('_&&_') : this.#relation());
    const text = operator === '_||_' ? '||' : '&&';
    const first = term();
    if (!this.#is(text)) return first;
    const { at } = this.#peek;
    const terms = [first];
    while (this.#is(text)) {
      this.#take();
      terms.push(term());
    }
    return { type: 'logical', operator, terms, at };
  }

  #relation(): Expr {
    return this.#chain(relations, () =>
      this.#chain(sums, () => this.#chain(products, () => this.#unary())),
    );
  }

  #chain(operators: ReadonlyMap<string, string>, operand: () => Expr): Expr {
    let left = operand();
    let length = 0;
    for (;;) {
      const { type, text, quoted, at } = this.#peek;
      const name = type === 'punctuation' || text === 'in' ? operators.get(text) : undefined;
      if (name === undefined || quoted || type === 'string') return left;
      if (++length > MAX_DEPTH)
        throw new SyntaxFault(at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
      this.#take();
      left = { type: 'call', name, target: undefined, args: [left, operand()], at };
    }
  }

  #unary(): Expr {
    const operator = this.#peek;
    if (operator.type !== 'punctuation' || (operator.text !== '!' && operator.text !== '-'))
      return this.#member();
    let count = 0;
    while (this.#is(operator.text)) {
      this.#take();
      count++;
    }
    const { type, text } = this.#peek;
    if (operator.text === '-' && (type === 'int' || type === 'double') && count % 2 === 1) {
      return this.#postfix(this.#number(`-${text}`, this.#take()));
    }
    const operand = this.#member();
    if (count % 2 === 0) return operand;
    const name = operator.text === '!' ? '!_' : '-_';
    return { type: 'call', name, target: undefined, args: [operand], at: operator.at };
  }

  #member(): Expr {
    return this.#postfix(this.#primary());
  }

  #postfix(start: Expr): Expr {
    let operand = start;
    for (let length = 0; ; length++) {
      if (length > MAX_DEPTH)
        throw new SyntaxFault(this.#peek.at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
      if (this.#is('.')) operand = this.#selection(operand);
      else if (this.#is('[')) operand = this.#index(operand);
      else return operand;
    }
  }

  #selection(operand: Expr): Expr {
    const { at } = this.#take();
    const optional = this.#is('?');
    if (optional) this.#take();
    const name = this.#peek;
    if (name.type !== 'name')
      throw new SyntaxFault(
        name.at,
        `Syntax error: no viable alternative at input '.${name.type === 'end' ? '' : this.#raw(name)}'`,
      );
    this.#take();
    if (!optional && !name.quoted && this.#is('(')) {
      const open = this.#peek.at;
      const args = this.#arguments();
      return this.#call({ name: name.text, target: operand, args, at: open });
    }
    return { type: 'select', operand, field: name.text, test: false, optional, at };
  }

  #index(operand: Expr): Expr {
    const { at } = this.#take();
    const optional = this.#is('?');
    if (optional) this.#take();
    const index = this.expression();
    this.#expect(']');
    const name = optional ? '_[?_]' : '_[_]';
    return { type: 'call', name, target: undefined, args: [operand, index], at };
  }

  #call(call: { name: string; target: Expr | undefined; args: Expr[]; at: number }): Expr {
    return expandMacro(call) ?? { type: 'call', ...call };
  }

  #primary(): Expr {
    const token = this.#take();
    const { type, text, at } = token;
    switch (type) {
      case 'int':
      case 'uint':
      case 'double':
        return this.#number(text, token);
      case 'string':
        return { type: 'constant', value: text, at };
      case 'bytes':
        return { type: 'constant', value: new Uint8Array(Buffer.from(text, 'latin1')), at };
      case 'name':
        return this.#named(token);
      case 'punctuation':
        if (text === '(') return this.#parenthesized();
        if (text === '[') return this.#list(at);
        if (text === '{') return this.#map(at);
        if (text === '.' && this.#peek.type === 'name') return this.#named(this.#take());
        break;
      case 'end':
        break;
    }
    throw this.#noExpression(token);
  }

  /** ANTLR passes over one token too many, and says so, where the next one would do. */
  #noExpression(token: Token): SyntaxFault {
    const after = this.#tokens[this.#next]!;
    const passes =
      token.type !== 'end' &&
      (after.type !== 'punctuation' || '([{-!.'.includes(after.text)) &&
      after.type !== 'end';
    const what = passes ? 'extraneous' : 'mismatched';
    const previous = this.#tokens[this.#tokens.indexOf(token) - 1];
    const opens =
      previous?.text === '(' && this.#tokens[this.#tokens.indexOf(token) - 2]?.type === 'name';
    const expected = opens ? EXPRESSION_START.replace("'(', ", "'(', ')', ") : EXPRESSION_START;
    const problem = `Syntax error: ${what} input '${this.#raw(token)}' expecting ${expected}`;
    return new SyntaxFault(token.at, problem);
  }

  #raw({ at, end, type }: Token): string {
    return type === 'end' ? '<EOF>' : this.#source.slice(at, end);
  }

  #number(text: string, { type, at }: Token): Expr {
    if (type === 'double') return { type: 'constant', value: Number(text), at };
    const negative = text.startsWith('-');
    const magnitude = BigInt(text.replace(/^-|[uU]$/g, ''));
    if (type === 'uint') {
      if (magnitude > MAX_UINT) throw new SyntaxFault(at, 'invalid uint literal');
      return { type: 'constant', value: new Uint(magnitude), at };
    }
    if (magnitude > MAX_INT + (negative ? 1n : 0n))
      throw new SyntaxFault(at, 'invalid int literal');
    return { type: 'constant', value: negative ? -magnitude : magnitude, at };
  }

  #named({ text, at, quoted }: Token): Expr {
    if (!quoted && (text === 'true' || text === 'false'))
      return { type: 'constant', value: text === 'true', at };
    if (!quoted && text === 'null') return { type: 'constant', value: null, at };
    if (quoted || text === 'in')
      throw new SyntaxFault(
        at,
        `Syntax error: mismatched input '${text}' expecting ${EXPRESSION_START}`,
      );
    if (RESERVED.has(text)) throw new SyntaxFault(at, `reserved identifier: ${text}`);
    if (this.#is('(')) {
      const open = this.#peek.at;
      return this.#call({ name: text, target: undefined, args: this.#arguments(), at: open });
    }
    return this.#struct(text) ?? { type: 'ident', name: text, at };
  }

  /** "Object.spec{…}": a name with dots, and then a brace. */
  #struct(first: string): Expr | undefined {
    let ahead = this.#next;
    let name = first;
    while (this.#tokens[ahead]!.text === '.' && this.#tokens[ahead + 1]?.type === 'name') {
      name += `.${this.#tokens[ahead + 1]!.text}`;
      ahead += 2;
    }
    const brace = this.#tokens[ahead]!;
    if (brace.type !== 'punctuation' || brace.text !== '{') return undefined;
    this.#next = ahead + 1;
    const fields: { name: string; value: Expr; optional: boolean; at: number }[] = [];
    while (!this.#is('}')) {
      const optional = this.#optionalMark();
      const field = this.#take();
      if (field.type !== 'name') this.#unexpected(field, fields.length === 0 ? FIELD : undefined);
      const colon = this.#expect(':');
      fields.push({ name: field.text, value: this.expression(), optional, at: colon.at });
      if (!this.#is('}')) this.#expect(',');
    }
    this.#take();
    return { type: 'struct', name, fields, at: brace.at };
  }

  #parenthesized(): Expr {
    const inner = this.expression();
    this.#expect(')');
    return inner;
  }

  #list(at: number): Expr {
    const elements: { value: Expr; optional: boolean }[] = [];
    while (!this.#is(']')) {
      const optional = this.#optionalMark();
      elements.push({ value: this.expression(), optional });
      if (!this.#is(']')) this.#expect(',', "{']', ','}");
    }
    this.#take();
    return { type: 'list', elements, at };
  }

  #map(at: number): Expr {
    const entries: { key: Expr; value: Expr; optional: boolean; at: number }[] = [];
    while (!this.#is('}')) {
      const optional = this.#optionalMark();
      const key = this.expression();
      const colon = this.#expect(':');
      entries.push({ key, value: this.expression(), optional, at: colon.at });
      if (!this.#is('}')) this.#expect(',', "{'}', ','}");
    }
    this.#take();
    return { type: 'map', entries, at };
  }

  #optionalMark(): boolean {
    if (!this.#is('?')) return false;
    this.#take();
    return true;
  }

  #arguments(): Expr[] {
    this.#expect('(');
    const args: Expr[] = [];
    while (!this.#is(')')) {
      if (args.length > 0) this.#expect(',');
      args.push(this.expression());
    }
    this.#take();
    return args;
  }

  get #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #is(text: string): boolean {
    const token = this.#peek;
    return token.type === 'punctuation' && token.text === text;
  }

  #take(): Token {
    const token = this.#peek;
    if (token.type !== 'end') this.#next++;
    return token;
  }

  /** `others`: what could stand there as well. */
  #expect(text: string, others?: string): Token {
    const token = this.#take();
    if (token.type === 'punctuation' && token.text === text) return token;
    if (others !== undefined) this.#unexpected(token, others);
    throw new SyntaxFault(token.at, `Syntax error: missing '${text}' at '${this.#raw(token)}'`);
  }

  #unexpected(token: Token, expected = 'IDENTIFIER'): never {
    const problem = `Syntax error: mismatched input '${this.#raw(token)}' expecting ${expected}`;
    throw new SyntaxFault(token.at, problem);
  }
}

/** Throws {@link CelCompileError}. */
export function parse(source: string): Expr {
  if (source.length > MAX_LENGTH) {
    const size = `size: ${source.length}, limit ${MAX_LENGTH}`;
    throw new CelCompileError(`expression code point size exceeds limit: ${size}`);
  }
  const issues: Issue[] = [];
  try {
    const parser = new Parser(source);
    issues.push(...parser.issues);
    if (issues.length > MAX_ISSUES) throw compileError(source, issues);
    const expr = parser.whole();
    if (issues.length === 0) return expr;
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    issues.push(error.issue);
  }
  throw compileError(source, issues);
}
