/** One wrong field of a document: "spec.delay.durationMilliseconds: …". */
export class FieldFault extends Error {
  override readonly name = 'FieldFault';

  constructor(path: string, what: string) {
    super(path === '' ? what : `${path}: ${what}`);
  }
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * An object read field by field: each read says what the field must be, and `done` refuses those
 * that nobody has read. Throws {@link FieldFault}.
 */
export class Fields {
  readonly path: string;
  readonly #json: Json;
  readonly #read = new Set<string>();

  constructor(value: unknown, path = '') {
    if (!isObject(value)) throw new FieldFault(path, 'must be an object');
    this.path = path;
    this.#json = value;
  }

  has(name: string): boolean {
    return this.#json[name] !== undefined;
  }

  at(name: string): string {
    return [this.path, name].filter((part) => part !== '').join('.');
  }

  fail(name: string, what: string): never {
    throw new FieldFault(this.at(name), what);
  }

  take(name: string): unknown {
    this.#read.add(name);
    return this.#json[name];
  }

  text(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'string') return value;
    return this.fail(name, 'must be a text');
  }

  neededText(name: string): string {
    const value = this.text(name);
    return value === undefined || value === '' ? this.fail(name, 'is needed') : value;
  }

  whole(name: string, limits: { readonly min?: number; readonly max: number }): number | undefined {
    const value = this.take(name);
    const { min = 0, max } = limits;
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max)
      return value;
    return this.fail(name, `must be a whole number from ${min} to ${max}`);
  }

  flag(name: string): boolean | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.fail(name, 'must be true or false');
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    return found ?? this.fail(name, `must be one of ${choices.join(', ')}`);
  }

  object(name: string): Fields | undefined {
    const value = this.take(name);
    return value === undefined ? undefined : new Fields(value, this.at(name));
  }

  objects(name: string): Fields[] | undefined {
    return this.#list(name)?.map((each, i) => new Fields(each, `${this.at(name)}[${i}]`));
  }

  texts(name: string): string[] | undefined {
    return this.#list(name)?.map((each, i) =>
      typeof each === 'string' ? each : this.fail(`${name}[${i}]`, 'must be a text'),
    );
  }

  /** Texts by name; null only where it is asked for. */
  map(name: string, nulls: true): Record<string, string | null> | undefined;
  map(name: string): Record<string, string> | undefined;
  map(name: string, nulls = false): Record<string, string | null> | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) return this.fail(name, 'must be an object');
    for (const [key, each] of Object.entries(value))
      if (typeof each !== 'string' && !(nulls && each === null))
        this.fail(
          `${name}[${JSON.stringify(key)}]`,
          nulls ? 'must be a text or null' : 'must be a text',
        );
    return value as Record<string, string | null>;
  }

  /** Any object. */
  free(name: string): Json | undefined {
    const value = this.take(name);
    if (value === undefined || isObject(value)) return value;
    return this.fail(name, 'must be an object');
  }

  done(): void {
    const unknown = Object.keys(this.#json).find((name) => !this.#read.has(name));
    if (unknown !== undefined) throw new FieldFault(this.at(unknown), 'there is no such field');
  }

  #list(name: string): readonly unknown[] | undefined {
    const value = this.take(name);
    if (value === undefined || Array.isArray(value)) return value as readonly unknown[] | undefined;
    return this.fail(name, 'must be a list');
  }
}
