/**
 * The CEL rules of a definition's schema: each compiles, and none may cost too much on the
 * largest object that the schema allows, nor all of them together (KEP-2876).
 */
import { isObject } from '../../api/deep.ts';
import { type FieldError, forbidden, internal, invalid } from '../../api/field-errors.ts';
import { isNumber, rounded } from '../../api/long-integer.ts';
import type { Json, ValidationRule } from '../../api/structural/schema.ts';
import { estimateCost } from '../../api/cel/estimate.ts';
import type { Program } from '../../api/cel/program.ts';
import { minBytes } from '../../api/cel/schema-type.ts';
import type { CelType } from '../../api/cel/types.ts';
import { type CompiledRule, compileRules } from './compiled-rule.ts';

const RULE_LIMIT = 10_000_000;
const DEFINITION_LIMIT = 100_000_000;
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;
/** Contributors to a total that is too high that are named. */
const NAMED = 4;

const UNTYPED =
  'internal error: failed to construct type information for x-kubernetes-validations rules: ' +
  'unable to convert structural schema to CEL declarations';

interface Place {
  readonly path: string;
  readonly resource: boolean;
  /** How often the value may occur; undefined: nothing bounds it. */
  readonly cardinality: number | undefined;
  /** The first part around it whose values do not correspond from one version to the next. */
  readonly uncorrelated: string | undefined;
}

export function ruleSchemaErrors(schema: Json, path: string): FieldError[] {
  const costs = new RuleCosts();
  costs.visit(schema, { path, resource: true, cardinality: 1, uncorrelated: undefined });
  return [...costs.errors, ...costs.totalErrors(path)];
}

class RuleCosts {
  readonly errors: FieldError[] = [];
  readonly #expensive: { readonly path: string; readonly cost: number }[] = [];
  #total = 0;

  visit(schema: Json, place: Place): void {
    const embedded = schema['x-kubernetes-embedded-resource'] === true;
    this.#node(schema, { ...place, resource: place.resource || embedded });
    const { path } = place;
    const cardinality = times(place.cardinality, mostElements(schema));
    const below = { cardinality, resource: false };
    const { properties, additionalProperties, items } = schema;
    if (isObject(properties))
      for (const [name, part] of Object.entries(properties))
        if (isObject(part))
          this.visit(part, {
            ...below,
            path: `${path}.properties[${name}]`,
            uncorrelated: place.uncorrelated,
          });
    if (isObject(additionalProperties))
      this.visit(additionalProperties, {
        ...below,
        path: `${path}.additionalProperties`,
        uncorrelated: place.uncorrelated,
      });
    if (!isObject(items)) return;
    const keyed = schema['x-kubernetes-list-type'] === 'map';
    const uncorrelated = place.uncorrelated ?? (keyed ? undefined : path);
    this.visit(items, { ...below, path: `${path}.items`, uncorrelated });
  }

  #node(schema: Json, place: Place): void {
    const compiled = compileRules(schema, place.resource);
    if (compiled === undefined) {
      const { 'x-kubernetes-validations': rules } = schema;
      if (Array.isArray(rules) && rules.length > 0)
        this.errors.push(internal(`${place.path}.x-kubernetes-validations`, UNTYPED));
      return;
    }
    for (const [i, rule] of compiled.rules.entries()) {
      const at = `${place.path}.x-kubernetes-validations[${i}]`;
      const { type } = compiled;
      const of = { place, at: `${at}.rule`, says: 'estimated rule cost', type };
      this.#cost(schema, rule.program, of);
      this.#faults(rule, { place, at });
      this.#cost(schema, rule.message, {
        place,
        type,
        at: `${at}.messageExpression`,
        says: 'estimated messageExpression cost',
      });
    }
  }

  #faults(compiled: CompiledRule, of: { place: Place; at: string }): void {
    const { rule, fault, messageFault, usesOldSelf, program } = compiled;
    const { at, place } = of;
    if (fault !== undefined) this.errors.push(invalid(`${at}.rule`, goRule(rule), fault));
    if (messageFault !== undefined)
      this.errors.push(invalid(`${at}.messageExpression`, goRule(rule), messageFault));
    if (program === undefined) return;
    if (usesOldSelf && place.uncorrelated !== undefined) {
      const detail =
        'oldSelf cannot be used on the uncorrelatable portion of the schema within ' +
        place.uncorrelated;
      this.errors.push(invalid(`${at}.rule`, rule.rule, detail));
    }
    if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
      const detail = 'may not be set if oldSelf is not used in rule';
      this.errors.push(invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, detail));
    }
  }

  #cost(
    schema: Json,
    program: Program | undefined,
    of: {
      readonly place: Place;
      readonly at: string;
      readonly says: string;
      /** Of `self`. */
      readonly type: CelType;
    },
  ): void {
    if (program === undefined) return;
    const { place, at, says } = of;
    const { max } = estimateCost(program.checked, of.type);
    const often = place.cardinality ?? Math.floor(MAX_REQUEST_BYTES / (minBytes(schema) + 1));
    const cost = says.includes('message') ? max : max * often;
    if (cost > RULE_LIMIT) this.errors.push(forbidden(at, exceeds(says, cost, RULE_LIMIT)));
    this.#total += cost;
    if (cost >= DEFINITION_LIMIT / 100) this.#expensive.push({ path: at, cost });
  }

  totalErrors(path: string): FieldError[] {
    if (this.#total <= DEFINITION_LIMIT) return [];
    const worst = [...this.#expensive].sort((a, b) => b.cost - a.cost).slice(0, NAMED);
    const detail =
      'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const says = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...worst.map((one) => forbidden(one.path, detail)),
      forbidden(path, exceeds(says, this.#total, DEFINITION_LIMIT)),
    ];
  }
}

function exceeds(says: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const shown =
    factor > 100
      ? 'more than 100x'
      : factor < 1.5
        ? `${factor.toFixed(6)}x`
        : `${factor.toFixed(1)}x`;
  return (
    `${says} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, ` +
    'maxProperties, and maxLength where arrays, maps, and strings are declared)'
  );
}

/** How often a part of a value may occur in it; undefined: nothing bounds it. */
function mostElements(schema: Json): number | undefined {
  const { type, maxItems, maxProperties, additionalProperties } = schema;
  if (type === 'array') return countOf(maxItems);
  const isMap = type === 'object' && additionalProperties !== undefined;
  if (!isMap) return 1;
  return countOf(maxProperties);
}

function countOf(bound: unknown): number | undefined {
  return isNumber(bound) ? Math.max(0, rounded(bound)) : undefined;
}

function times(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a * b;
}

/** A rule as Kubernetes prints it: its internal type as JSON. */
function goRule(rule: ValidationRule): object {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}
