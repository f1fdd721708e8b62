/**
 * A configuration, as a client applies it: is it one, and which fields does it speak of? Messages
 * are those of sigs.k8s.io/structured-merge-diff, which clients show as they are.
 */
import { jsonText } from '../../platform/json-text.ts';
import { isObject } from '../deep.ts';
import { isNumber } from '../long-integer.ts';
import { fieldElement, printElement } from './path-element.ts';
import { type FieldSet, type MutableFieldSet, nodeOf, NOTHING_BELOW } from './field-set.ts';
import {
  deducedTypeOf,
  elementOf,
  type KeyedList,
  type ListMergeType,
  type MergeField,
  type MergeType,
  type ScalarMergeType,
  type SetList,
  type StructMergeType,
  UnfitElement,
} from './merge-type.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** The fields that a configuration speaks of. */
export function fieldsOf(type: StructMergeType, configuration: JsonObject): FieldSet {
  return structParts(type, configuration);
}

/**
 * The node of a value. Fields of a struct that have parts stand only for those: who sets
 * .spec.replicas does not own .spec.
 */
function nodeOfValue(type: MergeType, value: unknown): FieldSet | undefined {
  switch (type.shape) {
    case 'scalar':
    case 'opaque':
      return NOTHING_BELOW;
    case 'deduced':
      return nodeOfValue(deducedTypeOf(value), value);
    case 'list':
      if (type.relation === 'atomic') return NOTHING_BELOW;
      return nodeOf(Array.isArray(value) ? elementParts(type, value) : undefined, false);
    case 'map': {
      if (type.atomic) return NOTHING_BELOW;
      const parts: MutableFieldSet = {};
      for (const [key, child] of Object.entries(isObject(value) ? value : {})) {
        parts[fieldElement(key)] = held(nodeOfValue(type.of, child));
      }
      return nodeOf(parts, false);
    }
    case 'struct':
      if (type.atomic) return NOTHING_BELOW;
      return nodeOf(isObject(value) ? structParts(type, value) : undefined, false);
  }
}

function structParts(type: StructMergeType, values: JsonObject): FieldSet {
  const parts: MutableFieldSet = {};
  for (const name in values) {
    const field = type.fields.get(name);
    if (field === undefined || values[name] === undefined) continue;
    const node = nodeOfField(field, values[name]);
    if (node !== undefined) parts[field.element] = node;
  }
  return parts;
}

function nodeOfField(field: MergeField, value: unknown): FieldSet | undefined {
  const isEmptyObject = isObject(value) && Object.keys(value).length === 0;
  const node = nodeOfValue(field.type, value);
  return value === null || isEmptyObject || field.undeclared === true ? held(node) : node;
}

function elementParts(type: SetList | KeyedList, values: readonly unknown[]): FieldSet {
  const parts: MutableFieldSet = {};
  for (const value of values) {
    const element = elementOf(type, value);
    const repeated = Object.hasOwn(parts, element);
    parts[element] = repeated ? NOTHING_BELOW : held(nodeOfValue(type.of, value));
  }
  return parts;
}

function held(node: FieldSet | undefined): FieldSet {
  return node === undefined ? NOTHING_BELOW : nodeOf(node, true)!;
}

/** What is wrong with a configuration; empty if nothing is. */
export function faultsOf(type: StructMergeType, configuration: unknown): readonly string[] {
  const check = new Check();
  check.value(type, configuration);
  return check.faults;
}

class Check {
  readonly faults: string[] = [];
  readonly #path: string[] = [];

  value(type: MergeType, value: unknown): void {
    if (value === null || value === undefined) return;
    switch (type.shape) {
      case 'scalar':
        return this.#scalar(type, value);
      case 'list':
        return Array.isArray(value)
          ? this.#list(type, value)
          : this.#fault(`expected list, got ${printed(value)}`);
      case 'map':
        if (!isObject(value)) return this.#fault(`expected map, got ${printed(value)}`);
        for (const [key, child] of Object.entries(value)) this.#at(key, type.of, child);
        return;
      case 'struct':
        return isObject(value)
          ? this.#struct(type, value)
          : this.#fault(`expected map, got ${printed(value)}`);
      default:
        return;
    }
  }

  #struct(type: StructMergeType, value: JsonObject): void {
    for (const [name, child] of Object.entries(value)) {
      const field = type.fields.get(name);
      if (field !== undefined) this.#at(name, field.type, child);
      else this.faults.push(`${this.#path.join('')}.${name}: field not declared in schema`);
    }
  }

  #list(type: ListMergeType, values: readonly unknown[]): void {
    const seen = new Set<string>();
    for (const [index, value] of values.entries()) {
      if (type.relation === 'atomic') {
        this.#below(`[${index}]`, type.of, value);
        continue;
      }
      try {
        const element = elementOf(type, value);
        const shown = printElement(element);
        if (seen.has(element)) this.#fault(`duplicate entries for key ${shown}`);
        seen.add(element);
        this.#below(shown, type.of, value);
      } catch (error) {
        if (!(error instanceof UnfitElement)) throw error;
        return this.#fault(`element ${index}: ${error.message}`);
      }
    }
  }

  #scalar({ scalar }: ScalarMergeType, value: unknown): void {
    switch (scalar) {
      case 'numeric':
        if (isNumber(value)) return;
        return this.#fault(`expected numeric (int or float), got ${goTypeOf(value)}`);
      case 'string':
        if (typeof value === 'string') return;
        return this.#fault(
          `expected string, got &value.valueUnstructured{Value:${goValue(value)}}`,
        );
      case 'boolean':
        if (typeof value === 'boolean') return;
        return this.#fault(`expected boolean, got ${printed(value)}`);
      case 'untyped':
        if (typeof value !== 'object') return;
        return this.#fault(`expected any scalar, got ${printed(value)}`);
    }
  }

  #at(name: string, type: MergeType, value: unknown): void {
    this.#below(`.${name}`, type, value);
  }

  #below(element: string, type: MergeType, value: unknown): void {
    this.#path.push(element);
    this.value(type, value);
    this.#path.pop();
  }

  #fault(message: string): void {
    this.faults.push(`${this.#path.join('')}: ${message}`);
  }
}

/** Go's %v of a value without a schema. */
function printed(value: unknown): string {
  return `&{${goPlain(value)}}`;
}

function goPlain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goPlain).join(' ')}]`;
  if (!isObject(value)) return String(value);
  const keys = Object.keys(value).sort();
  return `map[${keys.map((key) => `${key}:${goPlain(value[key])}`).join(' ')}]`;
}

/** Go's %#v. */
function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goValue).join(', ')}}`;
  if (!isObject(value)) return jsonText(value);
  const keys = Object.keys(value).sort();
  const parts = keys.map((key) => `${JSON.stringify(key)}:${goValue(value[key])}`);
  return `map[string]interface {}{${parts.join(', ')}}`;
}

/** Go's %T of what a JSON value is decoded into. */
function goTypeOf(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}
