import { type Flag, type Flags, type FlagValues } from './flag.ts';

/** A mistake in the flags: kubectl adds where to find the usage. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
  /** The unknown flag, "--colour": something near it may be meant. */
  readonly unknown: string | undefined;

  constructor(message: string, unknown?: string) {
    super(message);
    this.unknown = unknown;
  }
}

export interface ParsedLine<F extends Flags> {
  readonly words: readonly string[];
  readonly flags: FlagValues<F>;
  /** Names of the flags that were given. */
  readonly given: ReadonlySet<string>;
  /** How many words stand before "--"; undefined without one. */
  readonly wordsBeforeDash?: number;
}

/**
 * Reads flags and words in any order: `--name=value`, `--name value`, `-o value`, `-ovalue`,
 * `-o=value`, switches bundled as `-Aw`, and `--` before words that are no flags.
 */
export function parseLine<F extends Flags>(declared: F, line: readonly string[]): ParsedLine<F> {
  const reader = new LineReader(declared, line);
  return reader.read() as ParsedLine<F>;
}

class LineReader {
  readonly #declared: Flags;
  readonly #rest: string[];
  readonly #words: string[] = [];
  readonly #values = new Map<string, unknown>();

  constructor(declared: Flags, line: readonly string[]) {
    this.#declared = declared;
    this.#rest = [...line];
  }

  read(): ParsedLine<Flags> {
    let wordsBeforeDash: number | undefined;
    for (;;) {
      const next = this.#rest.shift();
      if (next === undefined) break;
      if (next === '--') {
        wordsBeforeDash = this.#words.length;
        this.#words.push(...this.#rest.splice(0));
      } else if (next.startsWith('--')) this.#long(next.slice(2));
      else if (next.startsWith('-') && next.length > 1) this.#short(next.slice(1));
      else this.#words.push(next);
    }
    const flags: Record<string, unknown> = {};
    for (const [name, flag] of Object.entries(this.#declared)) {
      flags[name] = this.#values.has(name) ? this.#values.get(name) : flag.default;
    }
    const dash = wordsBeforeDash === undefined ? {} : { wordsBeforeDash };
    return { words: this.#words, flags, given: new Set(this.#values.keys()), ...dash };
  }

  #long(body: string): void {
    const equals = body.indexOf('=');
    const name = equals < 0 ? body : body.slice(0, equals);
    if (name === '' || name.startsWith('-')) throw new FlagError(`bad flag syntax: --${body}`);
    const flag = Object.hasOwn(this.#declared, name) ? this.#declared[name] : undefined;
    if (flag === undefined) throw new FlagError(`unknown flag: --${name}`, `--${name}`);
    if (equals >= 0) this.#set(name, flag, body.slice(equals + 1));
    else if (flag.alone !== undefined) this.#set(name, flag, flag.alone);
    else this.#set(name, flag, this.#next(`--${name}`));
  }

  #short(letters: string): void {
    for (let at = 0; at < letters.length; at++) {
      const letter = letters[at]!;
      const found = Object.entries(this.#declared).find(([, f]) => f.shorthand === letter);
      if (found === undefined) {
        const where = `${JSON.stringify(letter).replaceAll('"', "'")} in -${letters}`;
        throw new FlagError(`unknown shorthand flag: ${where}`);
      }
      const [name, flag] = found;
      const rest = letters.slice(at + 1);
      if (rest.startsWith('=')) return this.#set(name, flag, rest.slice(1));
      if (flag.alone !== undefined) this.#set(name, flag, flag.alone);
      else if (rest !== '') return this.#set(name, flag, rest);
      else this.#set(name, flag, this.#next(`'${letter}' in -${letters}`));
    }
  }

  #next(what: string): string {
    const value = this.#rest.shift();
    if (value === undefined) throw new FlagError(`flag needs an argument: ${what}`);
    return value;
  }

  #set(name: string, flag: Flag<unknown>, given: string): void {
    try {
      this.#values.set(name, flag.read(given, this.#values.get(name)));
    } catch (error) {
      const shown = flag.shorthand === undefined ? `--${name}` : `-${flag.shorthand}, --${name}`;
      const why = error instanceof Error ? error.message : String(error);
      throw new FlagError(
        `invalid argument ${JSON.stringify(given)} for ${JSON.stringify(shown)} flag: ${why}`,
      );
    }
  }
}
