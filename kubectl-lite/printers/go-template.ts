/** Runs Go templates over objects: the values, scopes and truth of text/template. */
import { UsageError } from '../usage-error.ts';
import { templateFunctions } from './go-template-functions.ts';
import {
  type Operand,
  type ParsedTemplate,
  parseTemplate,
  type Pipeline,
  type TemplateNode,
} from './go-template-parse.ts';
import { goText } from './go-text.ts';

export class GoTemplate {
  readonly #template: string;
  readonly #parsed: ParsedTemplate;
  readonly #strict: boolean;

  /** `strict`: a key that is not there is an error. */
  constructor(template: string, strict: boolean) {
    this.#template = template;
    this.#strict = strict;
    try {
      this.#parsed = parseTemplate(template);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError(`error parsing template ${template}, template: output:1: ${why}`);
    }
  }

  print(root: unknown): string {
    const run = new Run(this.#parsed, this.#strict);
    try {
      run.render(this.#parsed.nodes, topOf(root));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError(
        `error executing template ${JSON.stringify(this.#template)}: template: output: ${why}`,
      );
    }
    return run.text();
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
  /** A key that is not there is an error. */
  readonly strict?: boolean;
}

const topOf = (dot: unknown): Place => ({ dot, variables: new Scope(undefined, [['$', dot]]) });

/** Templates that call themselves end somewhere. */
const MAX_DEPTH = 1000;

/** Leaves the range that is being rendered, or goes on with its next item. */
class LoopSignal {
  readonly kind: 'break' | 'continue';

  constructor(kind: 'break' | 'continue') {
    this.kind = kind;
  }
}

/** One execution: what it has written, and how deep it is. */
class Run {
  readonly #parsed: ParsedTemplate;
  readonly #strict: boolean;
  readonly #written: string[] = [];
  #depth = 0;

  constructor(parsed: ParsedTemplate, strict: boolean) {
    this.#parsed = parsed;
    this.#strict = strict;
  }

  text(): string {
    return this.#written.join('');
  }

  render(nodes: readonly TemplateNode[], place: Place): void {
    for (const node of nodes) this.#renderNode(node, place);
  }

  #renderNode(node: TemplateNode, place: Place): void {
    if (node.kind === 'text') this.#written.push(node.text);
    else if (node.kind === 'print') this.#print(node.pipeline, place);
    else if (node.kind === 'template') this.#call(node.name, node.pipeline, place);
    else if (node.kind === 'break' || node.kind === 'continue') {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- no failure: a way out
      throw new LoopSignal(node.kind);
    } else {
      const inner: Place = { dot: place.dot, variables: new Scope(place.variables) };
      if (node.kind === 'range') return this.#renderRange(node, inner);
      const value = this.#run(node.pipeline, inner);
      if (!isTrue(value)) return this.render(node.otherwise, inner);
      this.render(node.body, node.kind === 'with' ? { ...inner, dot: value } : inner);
    }
  }

  #print(pipeline: Pipeline, place: Place): void {
    const value = this.#run(pipeline, place);
    if (pipeline.variables.length > 0) return;
    this.#written.push(value === undefined || value === null ? '<no value>' : goText(value));
  }

  #call(name: string, pipeline: Pipeline | undefined, place: Place): void {
    const nodes = this.#parsed.named.get(name);
    if (nodes === undefined) throw new UsageError(`template ${JSON.stringify(name)} not defined`);
    if (++this.#depth > MAX_DEPTH) throw new UsageError('exceeded maximum template depth');
    this.render(nodes, topOf(pipeline === undefined ? undefined : this.#run(pipeline, place)));
    this.#depth--;
  }

  #renderRange(node: TemplateNode & { kind: 'range' | 'if' | 'with' }, place: Place): void {
    const { variables, ...pipeline } = node.pipeline;
    const entries = entriesOf(this.#run({ ...pipeline, variables: [] }, place));
    if (entries.length === 0) return this.render(node.otherwise, place);
    for (const [key, item] of entries) {
      const scope = new Scope(place.variables);
      if (variables.length === 1) scope.declare(variables[0]!, item);
      if (variables.length === 2) {
        scope.declare(variables[0]!, key);
        scope.declare(variables[1]!, item);
      }
      try {
        this.render(node.body, { dot: item, variables: scope });
      } catch (signal) {
        if (!(signal instanceof LoopSignal)) throw signal;
        if (signal.kind === 'break') return;
      }
    }
  }

  #run(pipeline: Pipeline, place: Place): unknown {
    return run(pipeline, { ...place, strict: this.#strict });
  }
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
    return fieldsOf(apply(name, args), first.fields, place.strict);
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
      return fieldsOf(place.dot, fields, place.strict);
    case 'variable':
      return fieldsOf(place.variables.get(head.name), fields, place.strict);
    case 'literal':
      return head.value;
    case 'pipeline':
      return fieldsOf(run(head.pipeline, place), fields, place.strict);
    case 'function':
      return fieldsOf(apply(head.name, []), fields, place.strict);
  }
}

function apply(name: string, args: readonly unknown[]): unknown {
  if (name === 'and' || name === 'or') throw new UsageError(`wrong number of args for ${name}`);
  return templateFunctions[name]!(...args);
}

/** A missing key is no value; a field of a text or a number is a mistake. */
function fieldsOf(value: unknown, fields: readonly string[], strict = false): unknown {
  return fields.reduce((at, field) => {
    if (at === undefined || at === null) return undefined;
    if (typeof at !== 'object' || Array.isArray(at)) {
      throw new UsageError(`can't evaluate field ${field} in type interface {}`);
    }
    if (strict && !Object.hasOwn(at, field)) {
      throw new UsageError(`map has no entry for key ${JSON.stringify(field)}`);
    }
    return Object.hasOwn(at, field) ? (at as Record<string, unknown>)[field] : undefined;
  }, value);
}

function isTrue(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return Boolean(value);
}
