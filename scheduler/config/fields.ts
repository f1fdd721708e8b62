import { isObject } from '../../api/deep.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from '../../api/field-errors.ts';

const wrongType = (field: string, value: unknown, wanted: string): FieldError =>
  invalid(field, value, `must be ${wanted}`);

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** "1m30s"; undefined if it is no duration. */
function millisecondsOf(text: string): number | undefined {
  if (!/^([\d.]+(h|ms|m|s))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|m|s)/g))
    total += Number(amount) * unitMs[unit!]!;
  return Number.isFinite(total) ? total : undefined;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  /** What is said of an integer that is not in it. */
  readonly otherwise?: string;
}

/** Of an int32 in Kubernetes. */
export const MAX_INT32 = 2 ** 31 - 1;
export const percent: Range = { min: 0, max: 100, otherwise: 'not in valid range [0-100]' };

/**
 * Reads one object of a configuration strictly: what has the wrong type, and every field that
 * nobody asked for, becomes an error that names it. Absent fields are undefined.
 */
export class Fields {
  readonly path: string;
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #errors: FieldError[];
  readonly #asked = new Set<string>();

  constructor(path: string, value: unknown, errors: FieldError[]) {
    this.path = path;
    this.#errors = errors;
    const given = value ?? {};
    this.#value = isObject(given) ? given : {};
    if (!isObject(given)) errors.push(wrongType(path, value, 'an object'));
  }

  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  report(error: FieldError): void {
    this.#errors.push(error);
  }

  raw(name: string): unknown {
    this.#asked.add(name);
    const value = this.#value[name];
    return value === null ? undefined : value;
  }

  text(name: string): string | undefined {
    return this.#typed(name, 'a string', (value) => typeof value === 'string') as
      string | undefined;
  }

  flag(name: string): boolean | undefined {
    return this.#typed(name, 'a boolean', (value) => typeof value === 'boolean') as
      boolean | undefined;
  }

  integer(name: string, { min, max, otherwise }: Range): number | undefined {
    const value = this.#typed(name, 'an integer', Number.isInteger) as number | undefined;
    if (value === undefined || (value >= min && value <= max)) return value;
    const detail = otherwise ?? `must be an integer from ${min} to ${max}`;
    this.report(invalid(this.at(name), value, detail));
    return undefined;
  }

  oneOf<T extends string>(name: string, supported: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined || supported.includes(value as T)) return value as T | undefined;
    this.report(notSupported(this.at(name), value, supported));
    return undefined;
  }

  texts(name: string): readonly string[] | undefined {
    return this.#typed(
      name,
      'a list of strings',
      (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
    ) as readonly string[] | undefined;
  }

  /** Go's text of a duration, in milliseconds. Zero and less are errors. */
  duration(name: string): number | undefined {
    const value = this.text(name);
    const ms = value === undefined ? undefined : millisecondsOf(value);
    if (value !== undefined && (ms === undefined || ms <= 0))
      this.report(invalid(this.at(name), value, 'must be a duration greater than zero'));
    return ms;
  }

  object(name: string): Fields | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : new Fields(this.at(name), value, this.#errors);
  }

  objects(name: string): readonly Fields[] {
    const value = this.#typed(name, 'a list', Array.isArray) as readonly unknown[] | undefined;
    const read = (each: unknown, i: number) =>
      new Fields(`${this.at(name)}[${i}]`, each, this.#errors);
    return value?.map(read) ?? [];
  }

  required<T>(name: string, value: T | undefined): T | undefined {
    const given = this.raw(name);
    if (given === undefined || given === '') this.report(required(this.at(name)));
    return value;
  }

  /** A field that Kubernetes has and this scheduler does nothing with. */
  refuse(name: string, why: string): void {
    if (this.raw(name) !== undefined) this.report(forbidden(this.at(name), why));
  }

  /** Fields that change nothing here: Go's own, and what is measured in other ways. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.raw(name);
  }

  /** Call last: what is left is unknown. */
  end(): void {
    for (const name of Object.keys(this.#value))
      if (!this.#asked.has(name)) this.report(forbidden(this.at(name), 'unknown field'));
  }

  #typed(name: string, wanted: string, is: (value: unknown) => boolean): unknown {
    const value = this.raw(name);
    if (value === undefined || is(value)) return value;
    this.report(wrongType(this.at(name), value, wanted));
    return undefined;
  }
}
