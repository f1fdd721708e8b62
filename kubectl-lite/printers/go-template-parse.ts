/**
 * The syntax of Go's text/template: if, else, range, with, break, continue, define, template,
 * block, variables, pipelines, parentheses and trim markers.
 */
import { UsageError } from '../usage-error.ts';
import { templateFunctions } from './go-template-functions.ts';

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipeline: Pipeline }
  | { readonly kind: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined }
  | { readonly kind: 'break' }
  | { readonly kind: 'continue' }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: TemplateNode[];
      readonly otherwise: TemplateNode[];
    };

export interface ParsedTemplate {
  readonly nodes: readonly TemplateNode[];
  /** What {{define}} and {{block}} name. */
  readonly named: ReadonlyMap<string, readonly TemplateNode[]>;
}

export interface Pipeline {
  /** `$x :=` or `$i, $x :=`; with `assigns`, `$x =`. */
  readonly variables: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly (readonly Operand[])[];
}

export interface Operand {
  readonly head:
    | { readonly kind: 'dot' }
    | { readonly kind: 'variable' | 'function'; readonly name: string }
    | { readonly kind: 'literal'; readonly value: unknown }
    | { readonly kind: 'pipeline'; readonly pipeline: Pipeline };
  readonly fields: readonly string[];
}

interface OpenBlock {
  readonly into: TemplateNode[];
  /** The nodes that {{else}} begins; undefined at the top and after an else. */
  readonly otherwise: TemplateNode[] | undefined;
  /** `else if` opens blocks that one end closes together. */
  readonly nested: boolean;
  /** A {{range}}, or what stands in one. */
  readonly loops: boolean;
}

interface Parsing {
  readonly stack: OpenBlock[];
  readonly named: Map<string, TemplateNode[]>;
}

export function parseTemplate(template: string): ParsedTemplate {
  const top: OpenBlock = { into: [], otherwise: undefined, nested: false, loops: false };
  const parsing: Parsing = { stack: [top], named: new Map() };
  const { stack, named } = parsing;
  for (const piece of pieces(template)) {
    if (typeof piece === 'string') stack.at(-1)!.into.push({ kind: 'text', text: piece });
    else parseAction(piece.action, parsing);
  }
  if (stack.length > 1) throw new UsageError('unexpected EOF');
  return { nodes: top.into, named };
}

/** Text and actions in turn; comments vanish, trim markers eat the blanks next to them. */
function* pieces(template: string): Generator<string | { action: string }> {
  const pattern = /\{\{(-(?=\s))?((?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!\}\})[\s\S])*?)((?<=\s)-)?\}\}/g;
  let at = 0;
  let trimNext = false;
  const text = (end: number, trimEnd: boolean): string => {
    let part = template.slice(at, end);
    if (trimNext) part = part.trimStart();
    return trimEnd ? part.trimEnd() : part;
  };
  for (const match of template.matchAll(pattern)) {
    const before = text(match.index, match[1] !== undefined);
    if (before !== '') yield before;
    const action = match[2]!.trim();
    if (!action.startsWith('/*')) yield { action };
    at = match.index + match[0].length;
    trimNext = match[3] !== undefined;
  }
  const rest = text(template.length, false);
  if (rest.includes('{{')) throw new UsageError('unclosed action');
  if (rest !== '') yield rest;
}

const KEYWORDS = /^(if|with|range|else|end|define|template|block|break|continue)\b\s*([\s\S]*)$/;

function parseAction(action: string, parsing: Parsing): void {
  const { stack } = parsing;
  const block = stack.at(-1)!;
  const [, keyword = '', rest = ''] = KEYWORDS.exec(action) ?? [];
  switch (keyword) {
    case 'end': {
      if (stack.length === 1) throw new UsageError('unexpected {{end}}');
      while (stack.pop()!.nested);
      return;
    }
    case 'else': {
      if (block.otherwise === undefined) throw new UsageError('unexpected {{else}}');
      stack.pop();
      const nestedKind = /^(if|with)\b\s*([\s\S]*)$/.exec(rest);
      stack.push({ ...block, into: block.otherwise, otherwise: undefined });
      if (nestedKind !== null)
        open(stack, nestedKind[1] as 'if', { text: nestedKind[2]!, nested: true });
      return;
    }
    case 'if':
    case 'with':
    case 'range':
      return open(stack, keyword, { text: rest, nested: false });
    case 'break':
    case 'continue':
      if (!block.loops) throw new UsageError(`{{${keyword}}} outside {{range}}`);
      block.into.push({ kind: keyword });
      return;
    case 'define':
    case 'template':
    case 'block':
      return parseNamed(keyword, rest, parsing);
    default:
      block.into.push({ kind: 'print', pipeline: parsePipeline(action) });
  }
}

/** `"name"`, and for some a pipeline behind it. */
function parseNamed(
  keyword: 'define' | 'template' | 'block',
  rest: string,
  { stack, named }: Parsing,
): void {
  const [, quoted = '', after = ''] = /^("(?:\\.|[^"\\])*"|`[^`]*`)\s*([\s\S]*)$/.exec(rest) ?? [];
  if (quoted === '')
    throw new UsageError(`unexpected ${JSON.stringify(rest)} in ${keyword} clause`);
  const name = quoted.startsWith('`') ? quoted.slice(1, -1) : (JSON.parse(quoted) as string);
  if (keyword === 'define' && stack.length > 1) throw new UsageError('unexpected {{define}}');
  if (keyword === 'block' && after === '') throw new UsageError('missing value for block clause');
  if (keyword !== 'define') {
    const pipeline = after === '' ? undefined : parsePipeline(after);
    stack.at(-1)!.into.push({ kind: 'template', name, pipeline });
  }
  if (keyword === 'template') return;
  const body: TemplateNode[] = [];
  named.set(name, body);
  stack.push({ into: body, otherwise: undefined, nested: false, loops: false });
}

function open(
  stack: OpenBlock[],
  kind: 'if' | 'with' | 'range',
  { text, nested }: { text: string; nested: boolean },
): void {
  const body: TemplateNode[] = [];
  const otherwise: TemplateNode[] = [];
  if (text === '') throw new UsageError(`missing value for ${kind}`);
  stack.at(-1)!.into.push({ kind, pipeline: parsePipeline(text), body, otherwise });
  const loops = kind === 'range' || (stack.at(-1)?.loops ?? false);
  stack.push({ into: body, otherwise, nested, loops });
}

const tokenForms = [
  '"(?:\\\\.|[^"\\\\])*"',
  '`[^`]*`',
  "'(?:\\\\.|[^'\\\\])'",
  ':=',
  '\\$[A-Za-z0-9_]*',
  '\\.[A-Za-z_][A-Za-z0-9_]*',
  '0[xX][0-9a-fA-F]+',
  '-?\\d+(?:\\.\\d+)?(?:[eE][-+]?\\d+)?',
  '[A-Za-z_][A-Za-z0-9_]*',
  '\\S',
];
const token = new RegExp(`\\s*(${tokenForms.join('|')})(\\s*)`, 'gy');

interface Token {
  readonly text: string;
  /** A blank follows: then a field does not belong to what stands before it. */
  readonly ends: boolean;
}

function tokensOf(text: string): Token[] {
  return [...text.matchAll(token)].map((m) => ({ text: m[1]!, ends: m[2] !== '' }));
}

function parsePipeline(text: string): Pipeline {
  const tokens = tokensOf(text);
  const pipeline = readPipeline(tokens);
  if (tokens.length > 0) throw new UsageError(`unexpected ${JSON.stringify(tokens[0]!.text)}`);
  return pipeline;
}

function readPipeline(tokens: Token[]): Pipeline {
  const { variables, assigns } = readDeclaration(tokens);
  const commands: Operand[][] = [[]];
  while (tokens.length > 0 && tokens[0]!.text !== ')') {
    if (tokens[0]!.text === '|') {
      tokens.shift();
      commands.push([]);
    } else commands.at(-1)!.push(readOperand(tokens));
  }
  if (commands.some((command) => command.length === 0))
    throw new UsageError('missing value for command');
  return { variables, assigns, commands };
}

function readDeclaration(tokens: Token[]): { variables: string[]; assigns: boolean } {
  const texts = tokens.map((t) => t.text);
  const declares = (at: number): boolean => texts[at] === ':=' || texts[at] === '=';
  if (!texts[0]?.startsWith('$')) return { variables: [], assigns: false };
  const count = declares(1) ? 1 : texts[1] === ',' && declares(3) ? 2 : 0;
  if (count === 0) return { variables: [], assigns: false };
  const taken = tokens.splice(0, count * 2).map((t) => t.text);
  return { variables: taken.filter((t) => t.startsWith('$')), assigns: taken.at(-1) === '=' };
}

function readOperand(tokens: Token[]): Operand {
  const first = tokens.shift()!;
  let ends = first.ends;
  const fields: string[] = [];
  let head: Operand['head'];
  if (first.text === '(') {
    head = { kind: 'pipeline', pipeline: readPipeline(tokens) };
    const close = tokens.shift();
    if (close?.text !== ')') throw new UsageError('unclosed left paren');
    ends = close.ends;
  } else if (/^\.[A-Za-z_]/.test(first.text)) {
    head = { kind: 'dot' };
    fields.push(first.text.slice(1));
  } else head = simpleHead(first.text);
  while (!ends && tokens[0] !== undefined && /^\.[A-Za-z_]/.test(tokens[0].text)) {
    const field = tokens.shift()!;
    fields.push(field.text.slice(1));
    ends = field.ends;
  }
  return { head, fields };
}

function simpleHead(text: string): Operand['head'] {
  if (text === '.') return { kind: 'dot' };
  if (text.startsWith('$')) return { kind: 'variable', name: text };
  if (text.startsWith('`')) return { kind: 'literal', value: text.slice(1, -1) };
  if (text === '"') throw new UsageError('unterminated quoted string');
  if (text.startsWith('"')) return { kind: 'literal', value: JSON.parse(text) as unknown };
  if (text.startsWith("'")) return { kind: 'literal', value: text.codePointAt(1) };
  if (/^-?\d/.test(text)) return { kind: 'literal', value: Number(text) };
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' };
  if (text === 'nil') return { kind: 'literal', value: null };
  if (/^[A-Za-z_]/.test(text)) {
    if (Object.hasOwn(templateFunctions, text) || /^(and|or)$/.test(text))
      return { kind: 'function', name: text };
    throw new UsageError(`function ${JSON.stringify(text)} not defined`);
  }
  throw new UsageError(`unexpected ${JSON.stringify(text)} in operand`);
}
