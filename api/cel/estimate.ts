/**
 * What an expression may cost at most, before it has ever run: so that a rule which could be slow
 * on the largest object its schema allows is refused with its definition (KEP-2876). The rules
 * are those of cel-go's checker and of Kubernetes' libraries; `test/clients/cel-go` compares.
 *
 * Sizes are known of constants, of what a schema bounds (as long as it is reached by a path:
 * variable, field, element), and of what some functions make of those.
 */
import type { Checked } from './checker.ts';
import { characters } from './characters.ts';
import type { ArgumentSize, Overload } from './overloads.ts';
import type { Call, Expr, Fold, OptionalMap, Select } from './parser/syntax.ts';
import { type CelType, isOptional, STRING } from './types.ts';

export interface CostEstimate {
  /** Infinity where nothing bounds it. */
  readonly max: number;
}

interface Size {
  readonly min: number;
  readonly max: number;
}

/** Of the entries of a list or map that an expression makes. */
interface Entries {
  readonly key: Size;
  readonly value: Size;
}

interface Estimated {
  readonly cost: number;
  readonly size: Size;
  readonly entries?: Entries | undefined;
  /** What the schema says of it, if a path leads to it. */
  readonly path?: CelType | undefined;
}

const UNKNOWN: Size = { min: 0, max: Infinity };
const ONE: Size = { min: 1, max: 1 };
const NOTHING: Size = { min: 0, max: 0 };

const union = (a: Size, b: Size): Size => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
});

function unionOfEntries(a: Entries | undefined, b: Entries | undefined): Entries | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { key: union(a.key, b.key), value: union(a.value, b.value) };
}

/** Nothing, however often, is nothing. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

const scalars = new Set(['bool', 'int', 'uint', 'double', 'timestamp', 'duration', 'null']);

function sizeOfType(type: CelType | undefined): Size {
  const bare = type !== undefined && isOptional(type) ? type.of : type;
  return bare !== undefined && scalars.has(bare.kind) ? ONE : UNKNOWN;
}

/** The schema's bound; it says nothing of scalars and objects, which count as nothing. */
const sizeOfPath = ({ maxSize = 0 }: CelType): Size => ({ min: 0, max: maxSize });

type Locals = ReadonlyMap<string, Pick<Estimated, 'size' | 'entries' | 'path'>>;

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

class Estimator {
  readonly #checked: Checked;
  readonly #root: CelType | undefined;

  constructor(checked: Checked, root: CelType | undefined) {
    this.#checked = checked;
    this.#root = root;
  }

  of(expr: Expr, locals: Locals): Estimated {
    switch (expr.type) {
      case 'constant':
        return { cost: 0, size: constantSize(expr.value) };
      case 'ident':
        return this.#ident(expr, locals);
      case 'select':
        return this.#select(expr, locals);
      case 'call':
        return this.#call(expr, locals);
      case 'logical':
        return { cost: sum(expr.terms.map((term) => this.of(term, locals))), size: ONE };
      case 'conditional': {
        const condition = this.of(expr.condition, locals);
        const [a, b] = [this.of(expr.then, locals), this.of(expr.otherwise, locals)];
        return {
          cost: condition.cost + Math.max(a.cost, b.cost),
          size: union(a.size, b.size),
          entries: unionOfEntries(a.entries, b.entries),
        };
      }
      case 'list': {
        const items = expr.elements.map(({ value }) => this.of(value, locals));
        const value = items.map(({ size }) => size).reduce(union, emptyOf(items.length));
        return {
          cost: sum(items) + LIST_COST,
          size: { min: items.length, max: items.length },
          entries: { key: ONE, value },
        };
      }
      case 'map': {
        const keys = expr.entries.map(({ key }) => this.of(key, locals));
        const values = expr.entries.map(({ value }) => this.of(value, locals));
        const merged = (all: readonly Estimated[]): Size =>
          all.map(({ size }) => size).reduce(union, emptyOf(all.length));
        return {
          cost: sum(keys) + sum(values) + MAP_COST,
          size: { min: keys.length, max: keys.length },
          entries: { key: merged(keys), value: merged(values) },
        };
      }
      case 'struct': {
        const fields = expr.fields.map(({ value }) => this.of(value, locals));
        return { cost: sum(fields) + STRUCT_COST, size: UNKNOWN };
      }
      case 'fold':
        return this.#fold(expr, locals);
      case 'optionalMap':
        return this.#optionalMap(expr, locals);
    }
  }

  #typed(expr: Expr): Size {
    return sizeOfType(this.#checked.types.get(expr));
  }

  #ident(expr: Expr & { type: 'ident' }, locals: Locals): Estimated {
    const local = locals.get(expr.name);
    const path = local === undefined ? this.#declared(expr) : local.path;
    // Kubernetes looks for the size of a type by the path it has, which is that of the root.
    if (local === undefined && this.#root && this.#checked.types.get(expr)?.kind === 'type')
      return { cost: 1, size: sizeOfPath(this.#root) };
    const typed = this.#typed(expr);
    const known = typed === UNKNOWN ? (local?.size ?? UNKNOWN) : typed;
    const size = path === undefined ? known : sizeOfPath(path);
    return { cost: 1, size, path, entries: local?.entries };
  }

  /** Of a variable with a schema. */
  #declared(expr: Expr): CelType | undefined {
    const type = this.#checked.types.get(expr);
    const isSchema = type?.kind === 'object' || type?.maxSize !== undefined;
    return isSchema || (type !== undefined && scalars.has(type.kind)) ? type : undefined;
  }

  #select(expr: Select, locals: Locals): Estimated {
    const operand = this.of(expr.operand, locals);
    if (expr.test) return { cost: operand.cost, size: ONE };
    const kind = this.#checked.types.get(expr.operand)?.kind;
    if (expr.optional) return { cost: operand.cost + 1, size: this.#typed(expr) };
    const own = kind === 'map' || kind === 'object' || kind === 'parameter' ? 1 : 0;
    const path = operand.path && partOf(operand.path, expr.field);
    const size = path === undefined ? this.#typed(expr) : sizeOfPath(path);
    return { cost: operand.cost + own, size, path };
  }

  #call(expr: Call, locals: Locals): Estimated {
    const overloads = this.#checked.overloads.get(expr);
    const qualified = overloads?.[0]?.member === false;
    const nodes = expr.target === undefined || qualified ? expr.args : [expr.target, ...expr.args];
    const args = nodes.map((arg) => this.of(arg, locals));
    const below = sum(args);
    const [first, second] = args;
    if (expr.name === 'dyn') return { ...first!, cost: below + 1 };
    if (expr.name === '_[_]' && first !== undefined) return this.#index(expr, first, below);
    if (overloads === undefined) return { cost: below + 1, size: this.#typed(expr) };
    const sizes = nodes.map((node, i) => this.#argument(node, args[i]!));
    const own = overloads.map((each) => this.#cost(each, sizes, nodes));
    const results = overloads.flatMap(({ size }) => (size === undefined ? [] : [size(sizes)]));
    const joins = expr.name === '_+_' && first !== undefined && second !== undefined;
    return {
      cost: below + Math.max(...own),
      size: results.length === 0 ? this.#typed(expr) : results.reduce(union),
      entries: joins ? unionOfEntries(first.entries, second.entries) : undefined,
    };
  }

  #index(expr: Call, operand: Estimated, below: number): Estimated {
    const { path: whole, entries } = operand;
    const isList = whole?.kind === 'list';
    const path = isList ? whole.element : whole?.kind === 'map' ? whole.value : undefined;
    const typed = this.#typed(expr);
    const size = path === undefined ? (entries?.value ?? typed) : sizeOfPath(path);
    return { cost: below + 1, size, path };
  }

  #argument(node: Expr, { size, path }: Estimated): ArgumentSize {
    const type = this.#checked.types.get(node);
    if (type?.kind !== 'list') return size;
    const element = path?.kind === 'list' ? path.element : { ...type.element, maxSize: Infinity };
    return { ...size, element };
  }

  #cost(overload: Overload, sizes: readonly ArgumentSize[], nodes: readonly Expr[]): number {
    const { name, cost, estimate } = overload;
    if (name === '_==_' || name === '_!=_') {
      const special = name === '_==_' && this.#opaqueEquality(nodes, sizes);
      if (special) return special;
    }
    if (estimate !== undefined) return estimate(sizes);
    if (cost === undefined) return 1;
    const max = cost(sizes.map((size) => size.max));
    return Number.isNaN(max) ? Infinity : max;
  }

  /** What Kubernetes' own types cost to compare. */
  #opaqueEquality(nodes: readonly Expr[], sizes: readonly ArgumentSize[]): number | undefined {
    const [a, b] = nodes.map((node) => this.#checked.types.get(node));
    if (a?.kind !== 'opaque' || b?.kind !== 'opaque' || a.name !== b.name || isOptional(a))
      return undefined;
    if (a.name === 'kubernetes.NamedFormat') return 7;
    return a.name === 'kubernetes.URL' ? Math.ceil(Math.max(1, sizes[1]!.max) * 0.1) : 1;
  }

  #fold(expr: Fold, locals: Locals): Estimated {
    const { macro, range, filter, body, variables } = expr;
    const over = this.of(range, locals);
    const inner = new Map([...locals, ...this.#variables(range, over, variables)]);
    const test = filter === undefined ? undefined : this.of(filter, inner);
    const each = this.of(body, inner);
    const step = stepCost(macro, each.cost, test?.cost);
    const { start, result } = folds[macro];
    const cost = over.cost + start + times(over.size.max, step) + result;
    if (start === 0) return { cost, size: ONE };
    const kept = macro === 'filter' ? this.of(itemOf(expr), inner).size : each.size;
    const isList = start === LIST_COST;
    const entries = isList ? { key: ONE, value: union(NOTHING, kept) } : undefined;
    return { cost, size: over.size, entries };
  }

  #variables(range: Expr, over: Estimated, names: readonly string[]): [string, Local][] {
    const { path, entries } = over;
    const type = this.#checked.types.get(range);
    const isList = type?.kind === 'list';
    const value = path?.kind === 'list' ? path.element : path?.kind === 'map' && path.value;
    const values = { size: entries?.value ?? UNKNOWN, path: value || undefined };
    const key = path?.kind === 'map' ? { ...STRING, maxSize: 0 } : undefined;
    const keys = { size: entries?.key ?? UNKNOWN, path: key };
    const [first = '', second] = names;
    if (second === undefined) return [[first, isList ? values : keys]];
    return [
      [first, keys],
      [second, values],
    ];
  }

  #optionalMap({ target, variable, body, flat }: OptionalMap, locals: Locals): Estimated {
    const { cost } = this.of(target, locals);
    const type = this.#checked.types.get(target);
    const size = type !== undefined && isOptional(type) ? sizeOfType(type.of) : UNKNOWN;
    const inner = this.of(body, new Map([...locals, [variable, { size }]]));
    const bound = LIST_COST + cost + 1 + inner.cost;
    return { cost: cost + 1 + bound + (flat ? 0 : 1), size: UNKNOWN };
  }
}

type Local = Pick<Estimated, 'size' | 'entries' | 'path'>;

/** The element that `filter` keeps. */
const itemOf = ({ variables, at }: Fold): Expr => ({ type: 'ident', name: variables[0]!, at });

const sum = (all: readonly Estimated[]): number => all.reduce((total, { cost }) => total + cost, 0);

/** Where merging sizes begins. */
const emptyOf = (length: number): Size => (length === 0 ? NOTHING : { min: Infinity, max: 0 });

function constantSize(value: unknown): Size {
  if (typeof value === 'string') return exactly(characters(value));
  return value instanceof Uint8Array ? exactly(value.length) : ONE;
}

const exactly = (size: number): Size => ({ min: size, max: size });

function partOf(type: CelType, field: string): CelType | undefined {
  if (type.kind === 'object') return type.fields().get(field)?.type;
  return type.kind === 'map' ? type.value : undefined;
}

/** What is there before the first element, and what the answer costs after the last. */
const folds = {
  all: { start: 0, result: 1 },
  exists: { start: 0, result: 1 },
  exists_one: { start: 0, result: 2 },
  map: { start: LIST_COST, result: 1 },
  filter: { start: LIST_COST, result: 1 },
  transformMap: { start: MAP_COST, result: 1 },
  transformMapEntry: { start: MAP_COST, result: 1 },
};

/** The loop's condition and step of cel-go's expansion of a macro, for one element. */
function stepCost(macro: Fold['macro'], body: number, filter: number | undefined): number {
  const kept = (cost: number): number => (filter === undefined ? cost : filter + Math.max(cost, 1));
  switch (macro) {
    case 'all':
      return 3 + body;
    case 'exists':
      return 4 + body;
    case 'exists_one':
      return 2 + body;
    case 'filter':
      return 13 + body;
    case 'map':
      return kept(12 + body);
    case 'transformMap':
      return kept(3 + body);
    case 'transformMapEntry':
      return kept(2 + body);
  }
}

/**
 * The largest sizes of all variables are meant: {@link CelType.maxSize}. `root` is the type of
 * `self` in rules of a schema.
 */
export function estimateCost(checked: Checked, root?: CelType): CostEstimate {
  return { max: new Estimator(checked, root).of(checked.expr, new Map()).cost };
}
