/**
 * Runs the CEL rules of a schema on an object. Errors are kube-apiserver's. All rules together
 * may cost so much and no more; what did not change need not be right (KEP-4008), except for
 * rules about the change itself.
 */
import { deepEqual, isObject } from '../../api/deep.ts';
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
} from '../../api/field-errors.ts';
import type { ValidationRule } from '../../api/structural/schema.ts';
import { adapt } from '../../api/cel/adapt.ts';
import { CostLimitExceeded, PER_CALL_LIMIT, VALIDATION_BUDGET } from '../../api/cel/evaluation.ts';
import type { Bindings, Program } from '../../api/cel/program.ts';
import { CelError, type CelValue, Optional } from '../../api/cel/values.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { CompiledRule } from './compiled-rule.ts';
import type { RuleNode } from './rule-tree.ts';

const NO_BUDGET =
  'validation failed due to running out of cost budget, no further validation rules will be run';
const MAX_MESSAGE = 5_120;

export interface RuleCheck {
  readonly value: unknown;
  /** What it replaces; undefined on create. */
  readonly old?: unknown;
  /** Where the value stands. */
  readonly path?: string;
  /** What did not change must be right too. */
  readonly strict?: boolean;
  /** Told of each rule that what did not change breaks. */
  readonly tolerated?: (error: FieldError) => void;
  /** Shared by several checks. Default: that of one object. */
  readonly budget?: RuleBudget;
}

/** What rules may cost, together. */
export interface RuleBudget {
  left: number;
}

export const ruleBudget = (): RuleBudget => ({ left: VALIDATION_BUDGET });

export function validateRules(root: RuleNode, check: RuleCheck): FieldError[] {
  const { value, old, path = '', strict = false, budget = ruleBudget(), tolerated } = check;
  const run = new Run(budget, { strict, tolerated });
  run.visit(root, { value, old, path, unchanged: undefined });
  return run.errors;
}

interface Place {
  readonly value: unknown;
  /** Undefined where nothing corresponds. */
  readonly old: unknown;
  readonly path: string;
  /**
   * Set where nothing corresponds to the value: whether the nearest part around it, to which
   * something does, is as it was. Asked only when a rule fails.
   */
  readonly unchanged: (() => boolean) | undefined;
}

/** What becomes of rules that what did not change breaks. */
interface Judgement {
  readonly strict: boolean;
  readonly tolerated: RuleCheck['tolerated'] | undefined;
}

/** Signals that no further rule may run. */
class Exhausted extends Error {}

class Run {
  readonly errors: FieldError[] = [];
  readonly #budget: RuleBudget;
  readonly #how: Judgement;

  constructor(budget: RuleBudget, how: Judgement) {
    this.#budget = budget;
    this.#how = how;
  }

  visit(node: RuleNode, place: Place): void {
    try {
      this.#visit(node, place);
    } catch (error) {
      if (!(error instanceof Exhausted)) throw error;
    }
  }

  #visit(node: RuleNode, place: Place): void {
    const { value, old, path } = place;
    if (value === null || value === undefined) return;
    if (node.compiled !== undefined) this.#rules(node, place);
    if (Array.isArray(value)) {
      if (node.items === undefined) return;
      const earlier = elementsOf(node, old);
      for (const [i, item] of value.entries()) {
        const before = earlier?.get(keyOf(node, item));
        this.#visit(
          node.items,
          this.#below(place, { value: item, old: before, path: `${path}[${i}]` }),
        );
      }
      return;
    }
    if (!isObject(value)) return;
    const related = isObject(old);
    for (const key in value) {
      const property = node.properties.get(key);
      const child = property ?? (isDeclared(node, key) ? undefined : node.additional);
      if (child === undefined) continue;
      const before = related && Object.hasOwn(old, key) ? old[key] : undefined;
      const at = property === undefined ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
      this.#visit(child, this.#below(place, { value: value[key], old: before, path: at }));
    }
  }

  #below(parent: Place, child: Omit<Place, 'unchanged'>): Place {
    if (child.old !== undefined) return { ...child, unchanged: undefined };
    const unchanged =
      parent.unchanged ??
      (parent.old === undefined ? () => false : () => deepEqual(parent.value, parent.old));
    return { ...child, unchanged };
  }

  #rules(node: RuleNode, place: Place): void {
    const { type, rules } = node.compiled!;
    const { value, old, path } = place;
    // The type stands where other errors show the value.
    const schemaType = String((node.schema['type'] as string | undefined) ?? '');
    let self: CelValue | undefined;
    let oldSelf: CelValue | undefined;
    for (const compiled of rules) {
      const { rule, program, fault } = compiled;
      if (fault !== undefined)
        this.errors.push(invalid(path || '<nil>', schemaType, `rule compile error: ${fault}`));
      if (program === undefined) continue;
      const optional = rule.optionalOldSelf === true;
      if (compiled.usesOldSelf && old === undefined && !optional) continue;
      if (this.#budget.left <= 0) this.#end(path, schemaType, NO_BUDGET);
      self ??= adapt(value, type);
      if (compiled.usesOldSelf && old !== undefined) oldSelf ??= adapt(old, type);
      const before = old === undefined ? Optional.none : Optional.of(oldSelf ?? null);
      const bindings = { self, oldSelf: optional ? before : oldSelf };
      const holds = this.#holds(program, bindings, { path, schemaType, rule });
      if (holds !== false) continue;
      const at = placed(path, compiled.fieldPath);
      const error = this.#failure(compiled, bindings, { schemaType, path: at });
      const { strict, tolerated } = this.#how;
      if (strict || compiled.usesOldSelf || !isUnchanged(place)) this.errors.push(error);
      else tolerated?.(error);
    }
  }

  /** Undefined if the rule could not be answered, which is an error of its own. */
  #holds(
    program: Program,
    bindings: Bindings,
    of: { readonly path: string; readonly schemaType: string; readonly rule: ValidationRule },
  ): boolean | undefined {
    const { path, schemaType } = of;
    const shown = (of.rule.message || of.rule.rule).trim();
    try {
      const { value, cost } = program.run(bindings, { cost: PER_CALL_LIMIT });
      this.#charge(cost, path, schemaType);
      return value === true;
    } catch (error) {
      if (error instanceof CostLimitExceeded) {
        const why =
          'no further validation rules will be run due to call cost exceeds limit for rule';
        return this.#end(path, schemaType, `'${error.message}': ${why}: ${shown}`);
      }
      if (!(error instanceof CelError)) throw error;
      this.#charge(error.cost, path, schemaType);
      const detail = error.message.startsWith('no such overload')
        ? `'${error.message}': call arguments did not match a supported operator, function or ` +
          `macro signature for rule: ${shown}`
        : `${error.message} evaluating rule: ${shown}`;
      this.errors.push(invalid(path || '<nil>', schemaType, detail));
      return undefined;
    }
  }

  #charge(cost: number, path: string, schemaType: string): void {
    if (cost > this.#budget.left) this.#end(path, schemaType, NO_BUDGET);
    this.#budget.left -= cost;
  }

  #end(path: string, schemaType: string, detail: string): never {
    this.#budget.left = -1;
    this.errors.push(invalid(path || '<nil>', schemaType, detail));
    throw new Exhausted();
  }

  #failure(
    { rule, message }: CompiledRule,
    bindings: Bindings,
    at: { readonly schemaType: string; readonly path: string },
  ): FieldError {
    const { schemaType } = at;
    const path = at.path || '<nil>';
    const evaluated = message && this.#message(message, bindings, { path, schemaType });
    const detail =
      evaluated ?? (rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`);
    switch (rule.reason) {
      case 'FieldValueForbidden':
        return forbidden(path, detail);
      case 'FieldValueRequired':
        return required(path, detail);
      case 'FieldValueDuplicate':
        return duplicate(path, schemaType);
      default:
        return invalid(path, schemaType, detail);
    }
  }

  /** What the rule's own words are used for if it says nothing fit to be shown. */
  #message(
    program: Program,
    bindings: Bindings,
    { path, schemaType }: { readonly path: string; readonly schemaType: string },
  ): string | undefined {
    try {
      const { value, cost } = program.run(bindings, { cost: PER_CALL_LIMIT });
      this.#charge(cost, path, schemaType);
      const text = typeof value === 'string' ? value.trim() : '';
      return text === '' || text.includes('\n') || text.length > MAX_MESSAGE ? undefined : text;
    } catch (error) {
      if (error instanceof CostLimitExceeded) {
        const detail =
          'no further validation rules will be run due to call cost exceeds limit for ' +
          'messageExpression';
        return this.#end(path, schemaType, detail);
      }
      if (!(error instanceof CelError)) throw error;
      this.#charge(error.cost, path, schemaType);
      return undefined;
    }
  }
}

function isUnchanged({ value, old, unchanged }: Place): boolean {
  return unchanged === undefined ? old !== undefined && deepEqual(value, old) : unchanged();
}

function isDeclared({ schema }: RuleNode, key: string): boolean {
  const { properties } = schema;
  return isObject(properties) && Object.hasOwn(properties, key);
}

const placed = (path: string, below: string | undefined): string =>
  below === undefined ? path : path === '' ? below : `${path}.${below}`;

/** Only elements of keyed lists have predecessors. */
function keyOf({ schema }: RuleNode, element: unknown): string {
  const keys = schema['x-kubernetes-list-map-keys'] as readonly string[] | undefined;
  if (keys === undefined || !isObject(element)) return '';
  return jsonText(keys.map((key) => element[key] ?? null));
}

function elementsOf(node: RuleNode, old: unknown): ReadonlyMap<string, unknown> | undefined {
  if (node.schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return undefined;
  return new Map(old.map((element: unknown) => [keyOf(node, element), element] as const));
}
