/** Runs Go templates over objects: the values, scopes and truth of text/template. */
import { UsageError } from '../usage-error.ts';
import { templateFunctions } from './go-template-functions.ts';
import {
  type Operand,
  parseTemplate,
  type Pipeline,
  type TemplateNode,
} from './go-template-parse.ts';
import { goText } from './go-text.ts';

export class GoTemplate {
  readonly #nodes: readonly TemplateNode[];

  constructor(template: string) {
    try {
      this.#nodes = parseTemplate(template);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError(`error parsing template ${template}, template: output:1: ${why}`);
    }
  }

  print(root: unknown): string {
    return render(this.#nodes, { dot: root, variables: new Scope(undefined, [['$', root]]) });
  }
}

class Scope {
  readonly #outer: Scope | undefined;
  readonly #own: Map<string, unknown>;

  constructor(outer: Scope | undefined, own: readonly (readonly [string, unknown])[] = []) {
    this.#outer = outer;
    this.#own = new Map(own);
  }

  get(name: string): unknown {
    if (this.#own.has(name)) return this.#own.get(name);
    if (this.#outer === undefined)
      throw new UsageError(`undefined variable ${JSON.stringify(name)}`);
    return this.#outer.get(name);
  }

  declare(name: string, value: unknown): void {
    this.#own.set(name, value);
  }

  assign(name: string, value: unknown): void {
    if (this.#own.has(name)) this.#own.set(name, value);
    else if (this.#outer !== undefined) this.#outer.assign(name, value);
    else throw new UsageError(`undefined variable ${JSON.stringify(name)}`);
  }
}

interface Place {
  readonly dot: unknown;
  readonly variables: Scope;
}

function render(nodes: readonly TemplateNode[], place: Place): string {
  return nodes.map((node) => renderNode(node, place)).join('');
}

function renderNode(node: TemplateNode, place: Place): string {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'print') {
    const value = run(node.pipeline, place);
    if (node.pipeline.variables.length > 0) return '';
    return value === undefined || value === null ? '<no value>' : goText(value);
  }
  const inner: Place = { dot: place.dot, variables: new Scope(place.variables) };
  if (node.kind === 'range') return renderRange(node, inner);
  const value = run(node.pipeline, inner);
  if (!isTrue(value)) return render(node.otherwise, inner);
  return render(node.body, node.kind === 'with' ? { ...inner, dot: value } : inner);
}

function renderRange(node: TemplateNode & { kind: 'range' | 'if' | 'with' }, place: Place): string {
  const { variables, ...pipeline } = node.pipeline;
  const value = run({ ...pipeline, variables: [] }, place);
  const entries = entriesOf(value);
  if (entries.length === 0) return render(node.otherwise, place);
  return entries
    .map(([key, item]) => {
      const scope = new Scope(place.variables);
      if (variables.length === 1) scope.declare(variables[0]!, item);
      if (variables.length === 2) {
        scope.declare(variables[0]!, key);
        scope.declare(variables[1]!, item);
      }
      return render(node.body, { dot: item, variables: scope });
    })
    .join('');
}

/** Maps are visited in the order of their keys. */
function entriesOf(value: unknown): (readonly [unknown, unknown])[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((item, i) => [i, item] as const);
  if (typeof value === 'number') return Array.from({ length: value }, (_, i) => [i, i] as const);
  if (typeof value === 'object') return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  throw new UsageError(`range can't iterate over ${goText(value)}`);
}

function run(pipeline: Pipeline, place: Place): unknown {
  let value: unknown;
  pipeline.commands.forEach((command, i) => {
    value = call(command, place, i === 0 ? [] : [value]);
  });
  for (const name of pipeline.variables) {
    if (pipeline.assigns) place.variables.assign(name, value);
    else place.variables.declare(name, value);
  }
  return value;
}

function call(command: readonly Operand[], place: Place, piped: readonly unknown[]): unknown {
  const [first, ...rest] = command as readonly [Operand, ...Operand[]];
  if (first.head.kind === 'function') {
    const { name } = first.head;
    // These two stop at the first operand that decides.
    if (name === 'and' || name === 'or') return decide(name, { operands: rest, place, piped });
    const args = [...rest.map((operand) => valueOf(operand, place)), ...piped];
    return fieldsOf(apply(name, args), first.fields);
  }
  if (rest.length > 0 || piped.length > 0) {
    throw new UsageError("can't give argument to non-function");
  }
  return valueOf(first, place);
}

function decide(
  name: 'and' | 'or',
  { operands, place, piped }: { operands: Operand[]; place: Place; piped: readonly unknown[] },
): unknown {
  let value: unknown;
  for (const operand of operands) {
    value = valueOf(operand, place);
    if (isTrue(value) === (name === 'or')) return value;
  }
  return piped.length > 0 ? piped[0] : value;
}

function valueOf({ head, fields }: Operand, place: Place): unknown {
  switch (head.kind) {
    case 'dot':
      return fieldsOf(place.dot, fields);
    case 'variable':
      return fieldsOf(place.variables.get(head.name), fields);
    case 'literal':
      return head.value;
    case 'pipeline':
      return fieldsOf(run(head.pipeline, place), fields);
    case 'function':
      return fieldsOf(apply(head.name, []), fields);
  }
}

function apply(name: string, args: readonly unknown[]): unknown {
  const found = Object.hasOwn(templateFunctions, name) ? templateFunctions[name] : undefined;
  if (found === undefined) throw new UsageError(`function ${JSON.stringify(name)} not defined`);
  return found(...args);
}

/** A missing key is no value; a field of a text or a number is a mistake. */
function fieldsOf(value: unknown, fields: readonly string[]): unknown {
  return fields.reduce((at, field) => {
    if (at === undefined || at === null) return undefined;
    if (typeof at !== 'object' || Array.isArray(at)) {
      throw new UsageError(`can't evaluate field ${field} in type ${typeNameOf(at)}`);
    }
    return Object.hasOwn(at, field) ? (at as Record<string, unknown>)[field] : undefined;
  }, value);
}

const typeNameOf = (value: unknown): string =>
  Array.isArray(value) ? '[]interface {}' : typeof value === 'number' ? 'int64' : typeof value;

function isTrue(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return Boolean(value);
}
