/**
 * Reads the text form of a label selector:
 *
 *   selector    = [ requirement { "," requirement } ]
 *   requirement = [ "!" ] key | key ( "=" | "==" | "!=" | "<" | ">" ) [ value ]
 *               | key ( "in" | "notin" ) "(" [ value ] { "," [ value ] } ")"
 *
 * Error texts are those of Kubernetes' own parser.
 */
import { statusError } from '../status.ts';
import { qualifiedName } from '../validation/names.ts';
import {
  type LabelOperator,
  type LabelRequirement,
  requirementFaults,
  setOf,
  sortedByKey,
} from './label.ts';

/** Sorted by key. Throws StatusError BadRequest. */
export function parseLabelSelector(text: string): readonly LabelRequirement[] {
  return sortedByKey(new Parser(text).parse());
}

type Token = { readonly kind: 'symbol' | 'word' | 'end'; readonly text: string };

const end: Token = { kind: 'end', text: '' };
const TOKEN_PATTERN = /[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^ \t\r\n=!(),<>]+))/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN_PATTERN.lastIndex = 0;
  for (;;) {
    const match = TOKEN_PATTERN.exec(text);
    if (match === null) return tokens;
    tokens.push(
      match[1] === undefined
        ? { kind: 'word', text: match[2]! }
        : { kind: 'symbol', text: match[1] },
    );
  }
}

const comparisons: Readonly<Record<string, LabelOperator>> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    if (this.#peek() === end) return requirements;
    for (;;) {
      const first = this.#peek();
      if (!startsRequirement(first)) {
        throw refused(`found '${first.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator === end) return requirements;
      if (separator.text !== ',') {
        throw refused(`found '${separator.text}', expected: ',' or 'end of string'`);
      }
      const next = this.#peek();
      if (!startsRequirement(next)) {
        throw refused(`found '${next.text}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): LabelRequirement {
    const negated = this.#peek().text === '!';
    if (negated) this.#take();
    const key = this.#take();
    if (key.kind !== 'word') throw inRequirement(`found '${key.text}', expected: identifier`);
    const keyFaults = qualifiedName(key.text);
    if (keyFaults.length > 0) {
      const shown = JSON.stringify(key.text);
      throw inRequirement(`<nil>: Invalid value: ${shown}: ${keyFaults.join('; ')}`);
    }
    const requirement = this.#isOver()
      ? { key: key.text, operator: negated ? ('!' as const) : ('exists' as const), values: [] }
      : { key: key.text, ...this.#comparison() };
    const faults = requirementFaults(requirement).map(
      (fault) => `${fault.field}: ${fault.message}`,
    );
    if (faults.length === 0) return requirement;
    throw inRequirement(faults.length === 1 ? faults[0]! : `[${faults.join(', ')}]`);
  }

  #isOver(): boolean {
    const next = this.#peek();
    return next === end || next.text === ',';
  }

  #comparison(): Omit<LabelRequirement, 'key'> {
    const token = this.#take();
    if (token.kind === 'word' && (token.text === 'in' || token.text === 'notin')) {
      return { operator: token.text, values: this.#values() };
    }
    const operator = token.kind === 'symbol' ? comparisons[token.text] : undefined;
    if (operator === undefined) {
      throw inRequirement(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    return { operator, values: [this.#value()] };
  }

  /** Nothing at all is the empty value. */
  #value(): string {
    if (this.#isOver()) return '';
    const token = this.#take();
    if (token.kind !== 'word') throw inRequirement(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  /** "(a,,b)": nothing between commas is the empty value. */
  #values(): string[] {
    const open = this.#take();
    if (open.text !== '(') throw inRequirement(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'word') values.push(this.#take().text);
      else if (token.text === ',' || token.text === ')') values.push('');
      else if (values.length === 0) {
        throw inRequirement(`found '${token.text}', expected: ',', ')' or identifier`);
      } else throw inRequirement(`found '${token.text}', expected: ',', or identifier`);
      const separator = this.#take();
      if (separator.text === ')') return setOf(values);
      if (separator.text !== ',') {
        throw inRequirement(`found '${separator.text}', expected: ',' or ')'`);
      }
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? end;
  }

  #take(): Token {
    return this.#tokens[this.#at++] ?? end;
  }
}

const startsRequirement = (token: Token): boolean => token.kind === 'word' || token.text === '!';

const refused = (message: string): Error => statusError('BadRequest', message);

const inRequirement = (message: string): Error =>
  refused(`unable to parse requirement: ${message}`);
