/**
 * Flags as data. A command declares a record of them; `parse.ts` turns a command line into typed
 * values under the same names. Grammar and messages are those of kubectl's flag library (pflag).
 */
import { parseBool, parseDuration, parseInteger } from './go-values.ts';

export interface Flag<T> {
  /** One letter: "-o". */
  readonly shorthand?: string;
  readonly default: T;
  readonly usage: string;
  /** Shown in help after the name; empty for switches. */
  readonly placeholder: string;
  /** What the flag means when given without a value; such a flag never takes the next word. */
  readonly alone?: string;
  /** Throws an Error whose message says why `text` is none. `before`: what stands already. */
  read(text: string, before: T | undefined): T;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** The values of a record of flags, under their own names: `flags['all-namespaces']`. */
export type FlagValues<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

type Options = { readonly shorthand?: string };

export const boolean = (usage: string, options: Options & { on?: boolean } = {}): Flag<boolean> => {
  const { on = false, ...rest } = options;
  return { ...rest, default: on, usage, placeholder: '', alone: 'true', read: parseBool };
};

export const text = (
  usage: string,
  options: Options & { value?: string; alone?: string } = {},
): Flag<string> => {
  const { value = '', ...rest } = options;
  return { ...rest, default: value, usage, placeholder: 'string', read: (given) => given };
};

export const integer = (
  usage: string,
  options: Options & { value?: number } = {},
): Flag<number> => {
  const { value = 0, ...rest } = options;
  return { ...rest, default: value, usage, placeholder: 'int', read: parseInteger };
};

/** Milliseconds, written as Go writes durations: "1m30s". */
export const duration = (usage: string, options: { valueMs?: number } = {}): Flag<number> => ({
  default: options.valueMs ?? 0,
  usage,
  placeholder: 'duration',
  read: parseDuration,
});

/** Repeatable, and comma separated. */
export const list = (usage: string, options: Options = {}): Flag<readonly string[]> => ({
  ...options,
  default: [],
  usage,
  placeholder: 'strings',
  read: (given, before) => [...(before ?? []), ...(given === '' ? [] : given.split(','))],
});

/** Repeatable; commas are part of the value. */
export const array = (usage: string, options: Options = {}): Flag<readonly string[]> => ({
  ...options,
  default: [],
  usage,
  placeholder: 'array',
  read: (given, before) => [...(before ?? []), given],
});
