/**
 * Evaluation by closures: each node of a checked expression becomes one function, so that types
 * are looked at once and not in every run. Costs are charged as cel-go charges them.
 */
import { type Checked, qualifiedVariable } from './checker.ts';
import { type Compilation, constantStep, isConstant, Slots, type Step } from './compilation.ts';
import { foldStep } from './folds.ts';
import { optionalCallStep, optionalMapStep } from './optional-steps.ts';
import { type Carry, conforms, type Overload, sizeOf } from './overloads.ts';
import { regex } from './libraries/regex.ts';
import { CelProgramError } from './parser/source.ts';
import { assert } from '../../platform/assert.ts';
import { memberOf } from './equality.ts';
import { weightOf } from './weight.ts';
import { Evaluation } from './evaluation.ts';
import { optionalElement } from './libraries/standard.ts';
import { typeNameOf } from './type-name.ts';
import type { Call, Conditional, Expr, Logical, Select } from './parser/syntax.ts';
import {
  ArrayList,
  BuiltMap,
  CelError,
  type CelValue,
  isList,
  isMap,
  type List,
  noSuchKey,
  noSuchOverload,
  Optional,
  Struct,
  TypeValue,
} from './values.ts';

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

export function stepOf(checked: Checked, variables: readonly string[]): Step {
  const compilation: Compilation = {
    checked,
    step: (expr, slots) => compiled(compilation, expr, slots),
    path: (expr, slots) => pathStep(compilation, expr, slots),
  };
  const byName = new Map(variables.map((name, i) => [name, i]));
  return compilation.step(checked.expr, new Slots(byName, variables.length));
}

/** Names, fields and elements of them, and what a conditional chooses. */
function isPath(expr: Expr): boolean {
  if (expr.type === 'select') return !expr.test;
  if (expr.type === 'call') return expr.name === '_[_]' || expr.name === '_[?_]';
  return expr.type === 'ident' || expr.type === 'conditional';
}

function pathStep(of: Compilation, expr: Expr, slots: Slots): Step {
  const step = of.step(expr, slots);
  if (!isPath(expr) || expr.type === 'conditional' || isConstant(step)) return step;
  return (e) => {
    e.charge(-1);
    return step(e);
  };
}

/** What is selected from: a path that begins with a value costs one more, as if it had a name. */
function operandStep(of: Compilation, expr: Expr, slots: Slots): Step {
  const step = of.step(expr, slots);
  if (isPath(expr) && expr.type !== 'conditional') return step;
  return (e) => {
    const value = step(e);
    e.charge(1);
    return value;
  };
}

function compiled(of: Compilation, expr: Expr, slots: Slots): Step {
  switch (expr.type) {
    case 'constant':
      return constantStep(expr.value);
    case 'ident':
      return identStep(expr.name, slots);
    case 'select':
      return selectStep(of, expr, slots);
    case 'call':
      return callStep(of, expr, slots);
    case 'logical':
      return logicalStep(of, expr, slots);
    case 'conditional':
      return conditionalStep(of, expr, slots);
    case 'list':
      return listStep(of, expr, slots);
    case 'map':
      return mapStep(of, expr, slots);
    case 'struct':
      return structStep(of, expr, slots);
    case 'fold':
      return foldStep(of, expr, slots);
    case 'optionalMap':
      return optionalMapStep(of, expr, slots);
  }
}

function identStep(name: string, slots: Slots): Step {
  const slot = slots.get(name);
  if (slot === undefined) {
    return constantStep(new TypeValue(name));
  }
  return (e) => {
    e.charge(1);
    const value = e.slots[slot];
    if (value === undefined) throw new CelError(`no such attribute(s): ${name}`);
    return value;
  };
}

function fieldOf(value: CelValue, field: string): CelValue | undefined {
  if (isMap(value)) return value.get(field);
  if (value instanceof Struct) return value.fields.get(field);
  if (isList(value)) throw new CelError("unsupported index type 'string' in list");
  throw noSuchKey(field);
}

function hasField(value: CelValue, field: string): boolean {
  if (value instanceof Optional) return value.value !== undefined && hasField(value.value, field);
  return (isMap(value) || value instanceof Struct) && fieldOf(value, field) !== undefined;
}

function selectStep(of: Compilation, expr: Select, slots: Slots): Step {
  const qualified = qualifiedVariable(expr);
  if (qualified !== undefined && slots.get(qualified) !== undefined)
    return identStep(qualified, slots);
  const operand = operandStep(of, expr.operand, slots);
  const { field, optional } = expr;
  if (expr.test) return (e) => hasField(operand(e), field);
  return (e) => {
    const value = operand(e);
    if (optional || value instanceof Optional) return present(e, optionalElement(value, field));
    e.charge(1);
    const found = fieldOf(value, field);
    if (found === undefined) throw noSuchKey(field);
    return found;
  };
}

/** Where nothing is, nothing is paid. */
function present(e: Evaluation, found: Optional): Optional {
  if (found.value !== undefined) e.charge(1);
  return found;
}

function logicalStep(of: Compilation, expr: Logical, slots: Slots): Step {
  const terms = expr.terms.map((term) => of.step(term, slots));
  /** The value that decides, whatever the others are, errors included. */
  const decisive = expr.operator === '_||_';
  return (e) => {
    let error: unknown;
    for (const term of terms) {
      try {
        const value = term(e);
        if (value === decisive) return decisive;
        if (typeof value !== 'boolean') error ??= noSuchOverload();
      } catch (thrown) {
        if (!(thrown instanceof CelError)) throw thrown;
        error ??= thrown;
      }
    }
    if (error !== undefined) throw error as CelError;
    return !decisive;
  };
}

function conditionalStep(of: Compilation, expr: Conditional, slots: Slots): Step {
  const condition = of.step(expr.condition, slots);
  const then = of.path(expr.then, slots);
  const otherwise = of.path(expr.otherwise, slots);
  return (e) => {
    const value = condition(e);
    if (typeof value !== 'boolean') throw noSuchOverload();
    return value ? then(e) : otherwise(e);
  };
}

function listStep(of: Compilation, expr: Expr & { type: 'list' }, slots: Slots): Step {
  const steps = expr.elements.map(({ value, optional }) => ({
    step: of.step(value, slots),
    optional,
  }));
  if (steps.every(({ step, optional }) => isConstant(step) && !optional))
    return constantStep(new ArrayList(steps.map(({ step }) => step.constant!)));
  return (e) => {
    const items: CelValue[] = [];
    for (const { step, optional } of steps) {
      const value = step(e);
      if (!optional) items.push(value);
      else if (!(value instanceof Optional)) throw noSuchOverload();
      else if (value.value !== undefined) items.push(value.value);
    }
    e.charge(LIST_COST);
    return new ArrayList(items);
  };
}

function mapStep(of: Compilation, expr: Expr & { type: 'map' }, slots: Slots): Step {
  const steps = expr.entries.map(({ key, value, optional }) => ({
    key: of.step(key, slots),
    value: of.step(value, slots),
    optional,
  }));
  const isKnown = steps.every((s) => isConstant(s.key) && isConstant(s.value) && !s.optional);
  if (isKnown) {
    const constant = new BuiltMap();
    // The last one counts, as in cel-go: only entries made at run time must not repeat.
    for (const { key, value } of steps) constant.set(key.constant!, value.constant!);
    return constantStep(constant);
  }
  return (e) => {
    const map = new BuiltMap();
    for (const { key, value, optional } of steps) {
      const at = key(e);
      const given = value(e);
      const entry = optional && given instanceof Optional ? given.value : given;
      if (map.has(at)) throw new CelError(`Failed with repeated key`);
      if (entry !== undefined) map.set(at, entry);
    }
    e.charge(MAP_COST);
    return map;
  };
}

function structStep(of: Compilation, expr: Expr & { type: 'struct' }, slots: Slots): Step {
  const { name } = expr;
  const steps = expr.fields.map((field) => ({ ...field, step: of.step(field.value, slots) }));
  return (e) => {
    const fields = new Map<string, CelValue>();
    for (const { name: field, step, optional } of steps) {
      const given = step(e);
      const entry = optional && given instanceof Optional ? given.value : given;
      if (entry !== undefined) fields.set(field, entry);
    }
    e.charge(STRUCT_COST);
    return new Struct(name, fields);
  };
}

function callStep(of: Compilation, expr: Call, slots: Slots): Step {
  const overloads = of.checked.overloads.get(expr);
  const qualified = overloads !== undefined && expr.target !== undefined && !overloads[0]!.member;
  const args = expr.target === undefined || qualified ? expr.args : [expr.target, ...expr.args];
  if (isPath(expr)) return indexStep(of, { expr, overloads }, slots);
  const steps = args.map((arg) => of.step(arg, slots));
  assert(overloads !== undefined, `overloads of ${expr.name}`);
  const lazy = optionalCallStep(expr.name, steps, overloads);
  if (lazy !== undefined) return lazy;
  const [first, second] = steps;
  if (expr.name === '@in' && isConstant(second!) && isSimpleList(second.constant))
    return constantMembership(first!, second.constant as List);
  const step = invoke(steps, overloads, unpriced(expr.name, overloads));
  if (expr.name === 'find' || expr.name === 'findAll') checkPattern(steps[1]!);
  return conversions.has(expr.name) && steps.every(isConstant) ? evaluated(step) : step;
}

function constantMembership(value: Step, list: List): Step {
  const all = new Set(list);
  const [one] = all;
  return (e) => {
    const sought = value(e);
    return typeof sought === typeof one ? all.has(sought) : memberOf(sought, list);
  };
}

/** A constant expression is read once, beforehand. */
function checkPattern(pattern: Step): void {
  if (isConstant(pattern) && typeof pattern.constant === 'string')
    orProgramError(() => regex(pattern.constant as string));
}

function orProgramError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CelError) throw new CelProgramError(error.message);
    throw error;
  }
}

const conversions = new Set(
  'bool bytes double duration dyn int string timestamp type uint'.split(' '),
);

/** A conversion of a constant happens beforehand; if it fails, there is no program. */
function evaluated(step: Step): Step {
  return orProgramError(() => constantStep(step(new Evaluation([], {}))));
}

const simpleKinds = new Set(['string', 'bigint', 'boolean']);

/** Membership of a list of constants of one plain type is looked up, which is free. */
function isSimpleList(value: CelValue): boolean {
  if (!(value instanceof ArrayList)) return false;
  const kinds = new Set(Array.from(value, (each) => typeof each));
  const [kind] = kinds;
  return kinds.size === 1 && simpleKinds.has(kind!);
}

/** An operator's price is that of what it is known to mean; otherwise it costs 1. */
function unpriced(name: string, overloads: readonly Overload[]): boolean {
  return overloads.length > 1 && /^_|^@|^string$/.test(name);
}

function indexStep(
  of: Compilation,
  { expr, overloads }: { readonly expr: Call; readonly overloads: readonly Overload[] | undefined },
  slots: Slots,
): Step {
  const [first, second] = expr.args as [Expr, Expr];
  const operand = operandStep(of, first, slots);
  const index = of.path(second, slots);
  return (e) => {
    const whole = operand(e);
    const at = index(e);
    if (overloads === undefined || whole instanceof Optional)
      return present(e, optionalElement(whole, at));
    e.charge(1);
    if (isList(whole) && typeof at === 'string')
      throw new CelError(`unsupported index type 'string' in list`);
    const values = [whole, at];
    return callOf(choose(overloads, values), values);
  };
}

function callOf(overload: Overload, values: readonly CelValue[]): CelValue {
  return (overload.call as (...args: readonly CelValue[]) => CelValue)(...values);
}

/** Kept apart: other calls are not to make a function for it. */
function carriedBy(e: Evaluation, overload: Overload, values: readonly CelValue[]): CelValue {
  const call = overload.call as (...args: readonly (CelValue | Carry)[]) => CelValue;
  return call(...values, (weight) => e.carry(weight));
}

function invoke(steps: readonly Step[], overloads: readonly Overload[], unpriced: boolean): Step {
  return (e) => {
    const values: CelValue[] = new Array<CelValue>(steps.length);
    for (let i = 0; i < steps.length; i++) values[i] = steps[i]!(e);
    const chosen = choose(overloads, values);
    const { cost, price } = chosen;
    const single = price === undefined && (cost === undefined || unpriced);
    if (single || chosen.walks === true) e.carry(weightOf(values, chosen.walks === true));
    if (price !== undefined) {
      const result = callOf(chosen, values);
      e.charge(price(values, result));
      return result;
    }
    e.charge(single ? 1 : cost!(values.map(sizeOf)));
    return chosen.carries === true ? carriedBy(e, chosen, values) : callOf(chosen, values);
  };
}

/** By what the values are: an object may hold null where its schema says otherwise. */
function choose(overloads: readonly Overload[], values: readonly CelValue[]): Overload {
  for (const overload of overloads) {
    const { args } = overload;
    let fits = true;
    for (let i = 0; fits && i < args.length; i++) fits = conforms(values[i]!, args[i]!);
    if (fits) return overload;
  }
  throw misfit(overloads[0]!.name, values);
}

const OPERATORS = /^_[-+*/%<>]=?_$/;

/** cel-go names what was asked for where the first operand has no such operator at all. */
function misfit(name: string, [first]: readonly CelValue[]): CelError {
  if (conversions.has(name))
    return new CelError(`no such overload: ${name}(${typeNameOf(first!)})`);
  const hasNone = first === null || isMap(first) || first instanceof TypeValue;
  return OPERATORS.test(name) && hasNone
    ? new CelError(`no such overload: ${name}`)
    : noSuchOverload();
}
