import { setField } from '../deep.ts';
import { pathText } from '../json.ts';
import { DecodingError } from '../schema/structural-decoder.ts';
import type { SchemaNode } from './schema.ts';

/** As many as Kubernetes reports. */
const MAX_UNKNOWN = 100;
/** Far beyond any real object, and far below what recursion can bear. */
const MAX_DEPTH = 1_000;

const META = new Set(['apiVersion', 'kind', 'metadata']);

type Value = Readonly<Record<string, unknown>>;
/** No schema says anything: whatever has fields loses them. */
type Schema = SchemaNode | undefined;

/** Makes a fresh copy of a value without the fields that its schema does not have. */
export class Pruner {
  /** "spec.foo", "spec.list[0].bar". */
  readonly unknown: string[] = [];
  readonly #path: (string | number)[] = [];
  /** Called with each resource's type and metadata; answers what is to stand there, if anything. */
  readonly #meta: (value: unknown, path: string, key: string) => unknown;

  constructor(meta: (value: unknown, path: string, key: string) => unknown) {
    this.#meta = meta;
  }

  /** The object of a resource: its apiVersion, kind and metadata belong to no schema. */
  root(value: Value, schema: SchemaNode): Record<string, unknown> {
    return this.#object(value, schema, { keeps: schema.preservesUnknown, embedded: true });
  }

  /** Any value of the schema. */
  value(value: unknown, schema: SchemaNode): unknown {
    return this.#value(value, schema, false);
  }

  #value(value: unknown, schema: Schema, keeps: boolean): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (this.#path.length > MAX_DEPTH) throw new DecodingError('json: exceeded max depth');
    const kept = keeps || schema?.preservesUnknown === true;
    if (!Array.isArray(value))
      return this.#object(value as Value, schema, {
        keeps: kept,
        embedded: schema?.embedded === true,
      });
    const items = schema?.items;
    // What is below an array that keeps unknown fields keeps them too.
    return value.map((item, i) => {
      this.#path.push(i);
      const copy = this.#value(item, items, kept);
      this.#path.pop();
      return copy;
    });
  }

  #object(
    value: Value,
    schema: Schema,
    of: { readonly keeps: boolean; readonly embedded: boolean },
  ): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const key in value) {
      const child = value[key];
      this.#path.push(key);
      if (of.embedded && META.has(key)) {
        const kept = this.#meta(child, pathText(this.#path), key);
        if (kept !== undefined) setField(copy, key, kept);
      } else {
        const known = schema?.properties.get(key);
        const additional = known === undefined && schema !== undefined && schema.additional;
        if (known !== undefined) setField(copy, key, this.#value(child, known, false));
        else if (additional === true) setField(copy, key, this.#value(child, undefined, false));
        else if (typeof additional === 'object')
          setField(copy, key, this.#value(child, additional, false));
        else if (of.keeps) setField(copy, key, this.#value(child, undefined, true));
        else this.#drop();
      }
      this.#path.pop();
    }
    return copy;
  }

  #drop(): void {
    if (this.unknown.length < MAX_UNKNOWN) this.unknown.push(pathText(this.#path));
  }
}
