/**
 * JSONPath templates as kubectl and the columns of custom resources have them: text with `{…}`
 * actions. The syntax tree only; {@link ./evaluate.ts} follows it.
 */

/** A template that is none, or a path that cannot be followed. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

export type PathNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly steps: readonly PathStep[] }
  | { readonly kind: 'range'; readonly over: readonly PathStep[]; readonly body: PathNode[] };

export type PathStep =
  | { readonly step: 'root' | 'current' | 'wildcard' | 'recursive' }
  | { readonly step: 'field'; readonly name: string }
  | { readonly step: 'slice'; readonly from?: number; readonly to?: number; readonly by?: number }
  | { readonly step: 'index'; readonly at: number }
  | { readonly step: 'union'; readonly members: readonly (readonly PathStep[])[] }
  | { readonly step: 'filter'; readonly filter: PathFilter }
  | { readonly step: 'literal'; readonly value: unknown };

export interface PathFilter {
  readonly left: readonly PathStep[];
  readonly operator: (typeof comparisons)[number] | 'exists';
  readonly right: readonly PathStep[];
}

export function parseJsonPath(template: string): PathNode[] {
  const stack: PathNode[][] = [[]];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('{', at);
    if (open < 0 || open > at) {
      const text = template.slice(at, open < 0 ? undefined : open);
      stack.at(-1)!.push({ kind: 'text', text });
      if (open < 0) break;
    }
    const close = actionEnd(template, open + 1);
    if (close < 0) throw unclosed(template.slice(open + 1));
    parseAction(template.slice(open + 1, close).trim(), stack);
    at = close + 1;
  }
  while (stack.length > 1) closeAtEnd(stack);
  return stack[0]!;
}

/**
 * A range without `{end}`, as client-go's library takes it: it goes to the end of the template, and
 * what follows the last `{end}` in it, else all of it, is evaluated once more outside of it.
 */
function closeAtEnd(stack: PathNode[][]): void {
  const body = stack.pop()!;
  const lastRange = body.findLastIndex(({ kind }) => kind === 'range');
  stack.at(-1)!.push(...body.slice(lastRange + 1));
}

const UNCLOSED_FILTER = 'unclosed array expect ]';

function unclosed(rest: string): JsonPathError {
  const open = rest.lastIndexOf('[') > rest.lastIndexOf(']');
  if (/\[\?\([^\]]*\)[^\]]*$/.test(rest)) return new JsonPathError(UNCLOSED_FILTER);
  return new JsonPathError(open ? 'unterminated array' : 'unclosed action');
}

/** Braces inside quotes do not end an action. */
function actionEnd(template: string, from: number): number {
  let quote = '';
  for (let at = from; at < template.length; at++) {
    const c = template[at]!;
    if (quote !== '') {
      if (c === '\\') at++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '}') return at;
  }
  return -1;
}

function parseAction(action: string, stack: PathNode[][]): void {
  const into = stack.at(-1)!;
  if (action === 'end') {
    if (stack.length === 1) throw new JsonPathError('not in range, nothing to end');
    stack.pop();
  } else if (/^range\b/.test(action)) {
    const body: PathNode[] = [];
    into.push({ kind: 'range', over: parseSteps(action.slice('range'.length).trim()), body });
    stack.push(body);
  } else if (/^["']/.test(action)) into.push({ kind: 'text', text: unquote(action) });
  // A lone dot is the field without a name; nothing at all is the whole.
  else if (action === '.') into.push({ kind: 'path', steps: [{ step: 'field', name: '' }] });
  else into.push({ kind: 'path', steps: parseSteps(action) });
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unquote(quoted: string): string {
  const end = quoted[0]!;
  if (quoted.length < 2 || !quoted.endsWith(end))
    throw new JsonPathError('unterminated quoted string');
  return quoted
    .slice(1, -1)
    .replaceAll(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/g, (_, c: string) =>
      c.length > 1 ? String.fromCharCode(parseInt(c.slice(1), 16)) : (escapes[c] ?? c),
    );
}

/** A field's name ends at these unless they are escaped. */
const FIELD_END = /^(?:\\.|[^\s.,[\](){}$@=!<>|\\])+/;

export function parseSteps(path: string): PathStep[] {
  const steps: PathStep[] = [];
  let rest = path.trim();
  while (rest !== '') {
    const eat = (count: number): string => {
      const eaten = rest.slice(0, count);
      rest = rest.slice(count).replace(/^\s+/, '');
      return eaten;
    };
    if (rest.startsWith('$') || rest.startsWith('@')) {
      steps.push({ step: eat(1) === '$' ? 'root' : 'current' });
    } else if (rest.startsWith('..')) {
      eat(rest.startsWith('..[') ? 2 : 1);
      steps.push({ step: 'recursive' });
    } else if (rest.startsWith('[')) {
      const end = bracketEnd(rest);
      steps.push(...parseBracket(eat(end + 1).slice(1, -1)));
    } else {
      if (rest.startsWith('.')) eat(1);
      if (rest === '' || rest.startsWith('[')) continue;
      const name = FIELD_END.exec(rest)?.[0];
      if (name === undefined) throw unrecognized(rest);
      eat(name.length);
      const field = name.replaceAll(/\\(.)/g, '$1');
      steps.push(field === '*' ? { step: 'wildcard' } : { step: 'field', name: field });
    }
  }
  return steps;
}

function unrecognized(rest: string): JsonPathError {
  const [c] = rest as unknown as [string];
  const code = c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return new JsonPathError(`unrecognized character in action: U+${code} '${c}'`);
}

function bracketEnd(text: string): number {
  let depth = 0;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '[') depth++;
    else if (c === ']' && --depth === 0) return at;
  }
  throw new JsonPathError('unterminated array');
}

function parseBracket(inside: string): readonly PathStep[] {
  if (inside === '*') return [{ step: 'wildcard' }];
  const filter = /^\?\((.*)\)$/s.exec(inside);
  if (filter !== null) return [{ step: 'filter', filter: parseFilter(filter[1]!.trim()) }];
  if (inside.startsWith('?(')) throw new JsonPathError(UNCLOSED_FILTER);
  const parts = inside.match(/'[^']*'|"[^"]*"|[^,'"]+/g)?.map((part) => part.trim()) ?? [];
  if (parts.length > 1) return [{ step: 'union', members: parts.map(parseSubscript) }];
  return parseSubscript(inside);
}

/** In single quotes stands a path, as in `['metadata.name']`; in double quotes nothing may. */
function parseSubscript(text: string): readonly PathStep[] {
  if (/^'[^']*'$/.test(text)) return parseSteps(`.${text.slice(1, -1)}`);
  return [parseIndex(text)];
}

function parseIndex(text: string): PathStep {
  if (/^-?\d+$/.test(text)) return { step: 'index', at: Number(text) };
  const slice = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(text);
  if (slice === null) throw new JsonPathError(`invalid array index ${text}`);
  const [from, to, by] = slice.slice(1).map((n) => (n ? Number(n) : undefined));
  return {
    step: 'slice',
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(by === undefined ? {} : { by }),
  };
}

function parseFilter(text: string): PathFilter {
  const match = /^((?:'[^']*'|"[^"]*"|[^!<>='"])+)([!<>=]+)(.+)$/s.exec(text);
  if (match === null) return { left: operand(text), operator: 'exists', right: [] };
  const [left, right] = [operand(match[1]!), operand(match[3]!)];
  const operator = comparisons.find((comparison) => comparison === match[2]);
  if (operator === undefined) {
    throw new JsonPathError(`unrecognized filter operator ${match[2]}`);
  }
  return { left, operator, right };
}

const comparisons = ['==', '!=', '<', '<=', '>', '>='] as const;

function operand(text: string): PathStep[] {
  const trimmed = text.trim();
  if (/^["']/.test(trimmed)) {
    const quoted = /^"(?:\\.|[^"\\])*"|^'(?:\\.|[^'\\])*'/s.exec(trimmed)?.[0];
    if (quoted === undefined) throw new JsonPathError('unterminated quoted string');
    const rest = trimmed.slice(quoted.length).trim();
    if (rest !== '') throw unrecognized(rest);
    return [{ step: 'literal', value: unquote(quoted) }];
  }
  const behind = /^-?\d+(?:\.\d+)?\s+(\S.*)$/s.exec(trimmed)?.[1];
  if (behind !== undefined) throw unrecognized(behind);
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return [{ step: 'literal', value: Number(trimmed) }];
  if (trimmed === 'true' || trimmed === 'false')
    return [{ step: 'literal', value: trimmed === 'true' }];
  if (!/^[\w.@$[]/.test(trimmed)) throw unrecognized(trimmed);
  return parseSteps(trimmed);
}
