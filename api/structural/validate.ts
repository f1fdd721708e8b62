/**
 * Does a value fit its schema? Errors are those of kube-apiserver (k8s.io/kube-openapi), word for
 * word. With the value it replaces, what was wrong before and did not change is let through
 * (CRDValidationRatcheting, KEP-4008).
 */
import { jsonText } from '../../platform/json-text.ts';
import { deepEqual, isObject } from '../deep.ts';
import {
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../field-errors.ts';
import { pathText } from '../json.ts';
import { isNumber } from '../long-integer.ts';
import { isKnownFormat, stringFormat } from './formats.ts';
import { matchesPattern, PatternWork } from './patterns.ts';
import type { SchemaNode } from './schema.ts';

/** No earlier value corresponds to this one. */
const UNRELATED = Symbol('unrelated');

/** Errors reported for one object; a list of thousands of bad items says no more than its first. */
const MAX_ERRORS = 1_000;

export interface SchemaCheck {
  readonly value: unknown;
  /** What it replaces. Undefined on create. */
  readonly old?: unknown;
  /** Where the value stands: "status" for a status that is checked by itself. */
  readonly field?: string;
}

/** Empty if the value is valid. */
export function validateBySchema(schema: SchemaNode, check: SchemaCheck): FieldError[] {
  const { value, old, field = '' } = check;
  const strict = new Checker(field);
  strict.check(schema, value, UNRELATED);
  if (strict.errors.length === 0 || old === undefined) return strict.errors;
  const ratcheting = new Checker(field);
  ratcheting.check(schema, value, old);
  return ratcheting.errors;
}

const isIntegral = (value: number): boolean =>
  Number.isInteger(value) && Math.abs(value) <= 2 ** 63;

/** JSON type of a value, as kube-openapi names it. */
function typeNameOf(value: unknown): string {
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return isIntegral(value) ? 'integer' : 'number';
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}

function typesOf(schema: SchemaNode): readonly string[] {
  if (schema.intOrString) return ['integer', 'string'];
  return schema.type === '' ? [] : [schema.type];
}

function printedBound(bound: unknown): string {
  return String(bound);
}

class Checker {
  errors: FieldError[] = [];
  /** How much was looked at, as kube-openapi counts it: tells which alternative came nearest. */
  #matches = 0;
  readonly #work = new PatternWork();
  readonly #base: string;
  readonly #path: (string | number)[] = [];

  constructor(base: string) {
    this.#base = base;
  }

  check(schema: SchemaNode, value: unknown, old: unknown): void {
    const before = this.errors.length;
    if (before >= MAX_ERRORS) return;
    this.#type(schema, value);
    this.#matches += looks(schema, value, this.errors.length === before);
    if (value !== null) {
      this.#alternatives(schema, value);
      if (typeof value === 'string') this.#string(schema, value);
      else if (isNumber(value)) this.#number(schema, value);
      else if (Array.isArray(value)) this.#list(schema, value, old);
    }
    this.#enum(schema, value);
    if (isObject(value)) this.#object(schema, value, old);
    if (this.errors.length > before && old !== UNRELATED && deepEqual(value, old))
      this.errors.length = before;
  }

  #name(): string {
    return pathText(this.#path);
  }

  #field(name = this.#name()): string {
    if (this.#base === '') return name;
    return name === '' ? this.#base : `${this.#base}.${name}`;
  }

  #fail(value: unknown, detail: string): void {
    this.errors.push(invalid(this.#field(), value, `${this.#name()} in body ${detail}`));
  }

  /** An error that kube-apiserver gives no place but in its text. */
  #failAsWhole(detail: string): void {
    const name = JSON.stringify(this.#name());
    this.errors.push(invalid(this.#base === '' ? '<nil>' : this.#base, '', `${name} ${detail}`));
  }

  #wrongType(expected: string, found: string): void {
    const text = `${this.#name()} in body must be of type ${expected}: ${JSON.stringify(found)}`;
    const error = invalid(this.#field(), found, text);
    this.errors.push({ ...error, type: 'FieldValueTypeInvalid' });
  }

  #type(schema: SchemaNode, value: unknown): void {
    const types = typesOf(schema);
    const found = typeNameOf(value);
    const declared = schema.json['format'];
    const known = typeof declared === 'string' && isKnownFormat(schema.type, declared);
    const format = known && !schema.intOrString ? declared : '';
    if (value === null) {
      if (types.length > 0 && !schema.nullable) this.#wrongType(types.join(','), found);
      return;
    }
    if (types.length === 0) return;
    const fits = types.includes(found) || (found === 'integer' && types.includes('number'));
    if (fits) return;
    const isText = found === 'string' || found === 'array';
    if (format !== '' && !isText) {
      const its = found === 'integer' ? 'int64' : found === 'number' ? 'double' : '';
      return this.#wrongType(format, its);
    }
    const numeric = types.includes('number') || types.includes('integer');
    if (format !== '' && isText && !numeric && found !== 'string') return;
    this.#wrongType(types.join(','), found);
  }

  #string(schema: SchemaNode, value: string): void {
    const { maxLength, minLength, pattern, format } = schema.json;
    if (typeof maxLength === 'number' && value.length > maxLength && length(value) > maxLength) {
      this.errors.push(tooLong(this.#field(), maxLength));
    } else if (typeof minLength === 'number' && length(value) < minLength) {
      this.#fail(value, `should be at least ${minLength} chars long`);
    } else if (typeof pattern === 'string' && pattern !== '') this.#pattern(pattern, value);
    if (typeof format !== 'string' || format === '' || schema.intOrString) return;
    if (schema.type !== '' && schema.type !== 'string') return;
    const isValid = stringFormat(format);
    if (isValid === undefined || isValid(value)) return;
    const text = `${this.#name()} in body must be of type ${format}: ${JSON.stringify(value)}`;
    this.errors.push({ ...invalid(this.#field(), value, text), type: 'FieldValueTypeInvalid' });
  }

  #pattern(pattern: string, value: string): void {
    const matches = matchesPattern(pattern, value, this.#work);
    if (matches === undefined) this.#fail(value, `takes too long to be matched by '${pattern}'`);
    else if (!matches) this.#fail(value, `should match '${pattern}'`);
  }

  #number(schema: SchemaNode, value: number | bigint): void {
    const { json } = schema;
    const { multipleOf, maximum, minimum } = json;
    if (typeof multipleOf === 'number' && multipleOf > 0 && !isMultiple(value, multipleOf))
      this.#fail(value, `should be a multiple of ${printedBound(multipleOf)}`);
    if (typeof minimum === 'number') {
      const exclusive = json['exclusiveMinimum'] === true;
      if (value < minimum || (exclusive && value <= minimum)) {
        const than = exclusive ? 'greater than' : 'greater than or equal to';
        this.#fail(value, `should be ${than} ${printedBound(minimum)}`);
      }
    }
    if (typeof maximum === 'number') {
      const exclusive = json['exclusiveMaximum'] === true;
      if (value > maximum || (exclusive && value >= maximum)) {
        const than = exclusive ? 'less than' : 'less than or equal to';
        this.#fail(value, `should be ${than} ${printedBound(maximum)}`);
      }
    }
  }

  #list(schema: SchemaNode, values: readonly unknown[], old: unknown): void {
    const { items, json } = schema;
    const { minItems, maxItems } = json;
    if (items !== undefined) {
      const before = old === UNRELATED ? undefined : keyedElements(schema, old);
      for (let i = 0; i < values.length; i++) {
        this.#path.push(i);
        const value = values[i];
        const earlier = before?.get(keyOf(schema, value) ?? '');
        this.check(items, value, earlier === undefined ? UNRELATED : earlier);
        this.#path.pop();
      }
    }
    if (typeof minItems === 'number' && values.length < minItems)
      this.#fail(values.length, `should have at least ${minItems} items`);
    if (typeof maxItems === 'number' && values.length > maxItems)
      this.errors.push(tooMany(this.#field(), values.length, maxItems));
  }

  #enum(schema: SchemaNode, value: unknown): void {
    const allowed = schema.json['enum'];
    if (!Array.isArray(allowed) || allowed.length === 0) return;
    if (allowed.some((one) => deepEqual(one, value))) return;
    const shown = allowed.map((one) => (typeof one === 'string' ? one : jsonText(one)));
    this.errors.push(notSupported(this.#field(), value, shown));
  }

  #object(schema: SchemaNode, value: Record<string, unknown>, old: unknown): void {
    const { json } = schema;
    const { minProperties, maxProperties } = json;
    if (minProperties !== undefined || maxProperties !== undefined) {
      const count = Object.keys(value).length;
      if (typeof minProperties === 'number' && count < minProperties)
        this.#fail(count, `should have at least ${minProperties} properties`);
      if (typeof maxProperties === 'number' && count > maxProperties)
        this.errors.push(tooMany(this.#field(), count, maxProperties));
    }
    const earlier = isObject(old) ? old : undefined;
    const { properties, additional } = schema;
    for (const key in value) {
      const child =
        properties.get(key) ?? (typeof additional === 'object' ? additional : undefined);
      if (child === undefined) continue;
      const related = earlier !== undefined && Object.hasOwn(earlier, key);
      this.#path.push(key);
      this.check(child, value[key], related ? earlier[key] : UNRELATED);
      this.#path.pop();
    }
    for (const name of schema.required) {
      if (Object.hasOwn(value, name)) continue;
      this.#path.push(name);
      this.errors.push(required(this.#field()));
      this.#path.pop();
    }
  }

  #alternatives(schema: SchemaNode, value: unknown): void {
    const { json } = schema;
    if (json['anyOf'] !== undefined) this.#anyOf(schema.alternatives.anyOf, value);
    if (json['oneOf'] !== undefined) this.#oneOf(schema.alternatives.oneOf, value);
    if (json['allOf'] !== undefined) this.#allOf(schema.alternatives.allOf, value);
    if (json['not'] !== undefined && schema.not !== undefined) {
      if (this.#tried(schema.not, value).errors.length === 0)
        this.#failAsWhole('must not validate the schema (not)');
    }
  }

  #anyOf(alternatives: readonly SchemaNode[], value: unknown): void {
    let best: Trial | undefined;
    for (const alternative of alternatives) {
      const trial = this.#tried(alternative, value);
      if (trial.errors.length === 0) {
        this.#matches += trial.matches;
        return;
      }
      if (best === undefined || trial.matches > best.matches) best = trial;
    }
    if (best === undefined) return;
    this.#matches += best.matches;
    this.#failAsWhole('must validate at least one schema (anyOf)');
    this.errors.push(...best.errors);
  }

  #oneOf(alternatives: readonly SchemaNode[], value: unknown): void {
    if (alternatives.length === 0) return;
    let best: Trial | undefined;
    let fits = 0;
    let valid = 0;
    for (const alternative of alternatives) {
      const trial = this.#tried(alternative, value);
      if (trial.errors.length === 0) {
        if (valid++ === 0) fits = trial.matches;
      } else if (valid === 0 && (best === undefined || trial.matches > best.matches)) best = trial;
    }
    this.#matches += valid === 1 ? fits : valid === 0 ? (best?.matches ?? 0) : 0;
    if (valid === 1) return;
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    this.#failAsWhole(`must validate one and only one schema (oneOf). ${found}`);
    if (valid === 0 && best !== undefined) this.errors.push(...best.errors);
  }

  #allOf(alternatives: readonly SchemaNode[], value: unknown): void {
    let valid = 0;
    for (const alternative of alternatives) {
      const { errors, matches } = this.#tried(alternative, value);
      this.#matches += matches;
      if (errors.length === 0) valid++;
      else this.errors.push(...errors);
    }
    if (valid === alternatives.length) return;
    const none = valid === 0 ? '. None validated' : '';
    this.#failAsWhole(`must validate all the schemas (allOf)${none}`);
  }

  #tried(schema: SchemaNode, value: unknown): Trial {
    const [errors, matches] = [this.errors, this.#matches];
    this.errors = [];
    this.#matches = 0;
    this.check(schema, value, UNRELATED);
    const trial = { errors: this.errors, matches: this.#matches };
    this.errors = errors;
    this.#matches = matches;
    return trial;
  }
}

/** Checks that apply to a value, those that find it right twice where kube-openapi counts twice. */
function looks(schema: SchemaNode, value: unknown, typed: boolean): number {
  if (value === null) return typed ? 1 : 0;
  const { format } = schema.json;
  const known = typeof format === 'string' && isKnownFormat(schema.type, format);
  const hasType = schema.type !== '' || schema.intOrString || known;
  const always = 4 + (hasType ? (typed ? 2 : 1) : 0);
  if (typeof value === 'string') return always + (known ? 2 : 1);
  if (isNumber(value) || Array.isArray(value)) return always + 2;
  return always + (typeof value === 'object' ? 1 : 0);
}

interface Trial {
  readonly errors: readonly FieldError[];
  readonly matches: number;
}

/** Code points: what the schema's lengths count. */
function length(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) count--;
  }
  return count;
}

/** Fractions have no exact form: how far off a multiple may be. */
const ROUNDING = 1e-9;

function isMultiple(of: number | bigint, factor: number): boolean {
  const value = Number(of);
  if (Number.isInteger(value) && Number.isInteger(factor)) return value % factor === 0;
  const times = factor < 1 ? (1 / factor) * value : value / factor;
  const whole = Math.round(times);
  return times === whole || Math.abs(times - whole) < ROUNDING * Math.abs(whole);
}

/** Elements of lists are told apart only where the schema has keys for them. */
function keyOf(schema: SchemaNode, element: unknown): string | undefined {
  if (schema.listType !== 'map' || !isObject(element)) return undefined;
  return jsonText(schema.mapKeys.map((key) => element[key] ?? null));
}

function keyedElements(schema: SchemaNode, old: unknown): ReadonlyMap<string, unknown> | undefined {
  if (schema.listType !== 'map' || !Array.isArray(old)) return undefined;
  const elements = new Map<string, unknown>();
  for (const element of old) {
    const key = keyOf(schema, element);
    if (key !== undefined && !elements.has(key)) elements.set(key, element);
  }
  return elements;
}
