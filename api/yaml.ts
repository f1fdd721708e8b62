/**
 * YAML in, as Kubernetes' clients and servers treat it: a document becomes a JSON value,
 * plain scalars are read by the rules of Go's sigs.k8s.io/yaml (YAML 1.1 booleans and octals, but
 * no timestamps and no base-60 numbers, so that "80:80" stays a text), and errors name the line
 * in the whole file.
 */
import {
  boolCoreTag,
  boolYaml11Tag,
  defineScalarTag,
  EVENT_ID,
  getScalarValue,
  loadAll,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  parseEvents,
  SCALAR_STYLE,
  Schema,
  seqTag,
  strTag,
  YAMLException,
} from 'js-yaml';
import { MalformedJson, parseJson } from './json.ts';
import { integerOf } from './long-integer.ts';

/** The message begins with "yaml: line N: ". */
export class MalformedYaml extends Error {
  override readonly name = 'MalformedYaml';
  /** From 1, within the text given. */
  readonly line: number;

  constructor(line: number, reason: string) {
    super(`yaml: line ${line}: ${reason}`);
    this.line = line;
  }
}

/** One document of a file, or why it could not be read. `line` is where its content begins. */
export type YamlDocument =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly error: string };

/** In kustomize's resources "yes", "n" and "off" are texts, and a date is a time. */
export type YamlDialect = 'kubernetes' | 'kustomize';

/** Every document of a file. A broken one does not keep the others from being read. */
export function parseYamlDocuments(
  text: string,
  dialect: YamlDialect = 'kubernetes',
): readonly YamlDocument[] {
  return chunksOf(text).flatMap((chunk): YamlDocument[] => {
    try {
      return load(chunk, dialect).map((value) => ({ line: chunk.contentLine, value }));
    } catch (error) {
      if (error instanceof MalformedYaml)
        return [{ line: chunk.contentLine, error: error.message }];
      throw error;
    }
  });
}

/** The first document; undefined if there is none. Throws {@link MalformedYaml}. */
export function parseYaml(text: string): unknown {
  for (const chunk of chunksOf(text)) {
    const documents = load(chunk, 'kubernetes');
    if (documents.length > 0) return documents[0];
  }
  return undefined;
}

/**
 * {@link parseYaml} where of a key that is given twice the last one counts; each that is, is told
 * of: `line 2: key "a" already set in map`.
 */
export function parseLenientYaml(text: string): {
  readonly value: unknown;
  readonly duplicates: readonly string[];
} {
  const duplicates: string[] = [];
  for (const chunk of chunksOf(text)) {
    const documents = load(chunk, 'kubernetes', duplicates);
    if (documents.length > 0) return { value: documents[0], duplicates };
  }
  return { value: undefined, duplicates };
}

interface Chunk {
  readonly content: string;
  /** Line of the chunk's first character, from 1. */
  readonly firstLine: number;
  /** Line of its first character that is neither blank, comment nor separator. */
  readonly contentLine: number;
}

/** A line of "---" begins a document: YAML allows it nowhere else in column 0. */
function chunksOf(text: string): Chunk[] {
  const lines = text.split('\n');
  const starts = [0];
  for (let i = 1; i < lines.length; i++) if (/^---(\s|$)/.test(lines[i]!)) starts.push(i);
  return starts.flatMap((start, i) => {
    const part = lines.slice(start, starts[i + 1] ?? lines.length);
    const offset = part.findIndex((line) => !/^(---)?\s*(#.*)?$/.test(line));
    if (offset < 0) return [];
    const content = part.join('\n');
    return [{ content, firstLine: start + 1, contentLine: start + offset + 1 }];
  });
}

/** Aliases expand to copies when they are written as JSON: a few must not become gigabytes. */
const MAX_ALIASES = 1000;
const MAX_DEPTH = 1000;

/** `duplicates` takes what is said of keys that are given twice; without it none may be. */
function load(
  { content, firstLine }: Chunk,
  dialect: YamlDialect,
  duplicates?: string[],
): unknown[] {
  const json = asJson(content, { lenient: duplicates !== undefined });
  if (json !== undefined) return [json.value];
  const options = { schema: schemas[dialect], maxAliases: MAX_ALIASES, maxDepth: MAX_DEPTH };
  const read = (lenient: boolean): unknown[] => {
    const values = loadAll(content, { ...options, json: lenient }).filter(
      (value) => value !== null && value !== undefined,
    );
    const anchor = /&([^\s,[\]{}]+)/.exec(content)?.[1];
    if (anchor !== undefined) checkAliases(values, anchor, firstLine);
    return values;
  };
  try {
    try {
      return read(false);
    } catch (error) {
      if (duplicates === undefined || !isTwice(error)) throw error;
      const values = read(true);
      duplicates.push(...repeatedKeys(content, firstLine));
      return values;
    }
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = firstLine + (error.mark?.line ?? 0);
    throw new MalformedYaml(line, reasonOf(error, content));
  }
}

/**
 * How many values there are where every alias is a copy, in time proportional to those without:
 * NaN if one contains itself. `known`: of those that were counted.
 */
function countOfCopies(value: unknown, known: Map<object, number>): number {
  if (typeof value !== 'object' || value === null) return 1;
  const before = known.get(value);
  if (before !== undefined) return before;
  known.set(value, NaN);
  let count = 1;
  for (const inner of Object.values(value)) count += countOfCopies(inner, known);
  known.set(value, count);
  return count;
}

/** Of so many copies Go's decoder takes all but one in a hundred, of more and more fewer. */
const MANY_COPIES = 400_000;
const TOO_MANY_COPIES = 4_000_000;

function isExcessive(copies: number, known: ReadonlyMap<object, number>): boolean {
  let own = 0;
  for (const value of known.keys()) {
    for (const inner of Object.values(value)) if (!known.has(inner as object)) own++;
  }
  const beyond = Math.max(copies - MANY_COPIES, 0) / (TOO_MANY_COPIES - MANY_COPIES);
  const allowed = Math.max(0.99 - 0.89 * beyond, 0.1);
  const aliased = copies - own - known.size;
  return aliased > 100 && copies > 1_000 && aliased / copies > allowed;
}

function checkAliases(values: readonly unknown[], anchor: string, line: number): void {
  const known = new Map<object, number>();
  const copies = values.reduce<number>((sum, value) => sum + countOfCopies(value, known), 0);
  if (Number.isNaN(copies))
    throw new MalformedYaml(line, `anchor '${anchor}' value contains itself`);
  if (isExcessive(copies, known))
    throw new MalformedYaml(line, 'document contains excessive aliasing');
}

type Marked = YAMLException & Required<Pick<YAMLException, 'mark'>>;

const isTwice = (error: unknown): error is Marked =>
  error instanceof YAMLException &&
  error.reason === 'duplicated mapping key' &&
  error.mark !== undefined;

/** JSON is YAML, but may be indented with tabs, which YAML's block style refuses. */
function asJson(
  content: string,
  { lenient }: { readonly lenient: boolean },
): { value: unknown } | undefined {
  if (!/^\s*[{[]/.test(content)) return undefined;
  try {
    const json = parseJson(content, { duplicates: lenient });
    const isDeep = content.length > 2 * MAX_DEPTH && isDeeper(json.value, MAX_DEPTH);
    return json.duplicates.length > 0 || isDeep ? undefined : json;
  } catch (error) {
    if (error instanceof MalformedJson) return undefined;
    throw error;
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((each) => isDeeper(each, depth - 1));
}

/** Of every mapping, in their order in the text. */
function* repeatedKeys(content: string, firstLine: number): Generator<string> {
  /** Of each mapping that is open: its keys, and whether one is next. undefined: a sequence. */
  const open: ({ readonly keys: Set<string>; keyIsNext: boolean } | undefined)[] = [];
  for (const event of parseEvents(content, { maxDepth: MAX_DEPTH })) {
    if (event.type === EVENT_ID.POP) open.pop();
    const mapping = open.at(-1);
    if (event.type === EVENT_ID.SCALAR && mapping?.keyIsNext === true) {
      const key = getScalarValue(content, event);
      if (mapping.keys.has(key)) {
        const line = firstLine + content.slice(0, event.valueStart).split('\n').length - 1;
        yield `line ${line}: ${alreadySet(key)}`;
      }
      const isMerge = key === '<<' && event.style === SCALAR_STYLE.PLAIN;
      if (!isMerge) mapping.keys.add(key);
    }
    switch (event.type) {
      case EVENT_ID.MAPPING:
        open.push({ keys: new Set(), keyIsNext: true });
        break;
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.DOCUMENT:
        open.push(undefined);
        break;
      default:
        if (mapping !== undefined) mapping.keyIsNext = !mapping.keyIsNext;
    }
  }
}

const alreadySet = (key: string | undefined): string =>
  `key ${JSON.stringify(key)} already set in map`;

function reasonOf({ reason, mark }: YAMLException, content: string): string {
  if (reason.startsWith('tab characters')) {
    return 'found a tab character that violates indentation';
  }
  if (reason === 'duplicated mapping key' && mark !== undefined) {
    const key = /^[^:]*/.exec(content.split('\n')[mark.line]!.slice(mark.column));
    const name = key?.[0].trim().replace(/^["']|["']$/g, '');
    return alreadySet(name);
  }
  return reason;
}

const signs = ['-', '+'];
const digits = [...'0123456789'];

const INTEGERS = /^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o[0-7_]+|0[0-7_]*|[1-9][0-9_]*)$/;
const intTag = defineScalarTag<number | bigint>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: [...signs, ...digits],
  resolve: (source) => (INTEGERS.test(source) ? readInteger(source) : NOT_RESOLVED),
  identify: Number.isInteger,
});

function readInteger(source: string): number | bigint {
  const negative = source.startsWith('-');
  const magnitude = source.replace(/^[-+]/, '').replaceAll('_', '');
  const digits = /^0[0-7]+$/.test(magnitude) ? `0o${magnitude}` : magnitude;
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) return integerOf(negative ? -BigInt(digits) : BigInt(digits));
  return negative && value !== 0 ? -value : value;
}

/** An exponent needs its sign: "1e3" is a text, as it is to Go. */
const FLOATS = /^[-+]?(?:[0-9][0-9_]*)?(?:[0-9]|\.[0-9]+|[0-9]\.)(?:[eE][-+][0-9]+)?$/;
const floatTag = defineScalarTag<number>('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: [...signs, ...digits, '.'],
  resolve: (source) => (FLOATS.test(source) ? Number(source.replaceAll('_', '')) : NOT_RESOLVED),
  identify: (value) => typeof value === 'number',
});

const dateTag = defineScalarTag<string>('tag:yaml.org,2002:timestamp', {
  implicit: true,
  implicitFirstChars: digits,
  resolve: (source) => (/^\d{4}-\d\d-\d\d$/.test(source) ? `${source}T00:00:00Z` : NOT_RESOLVED),
  identify: () => false,
});

type Tag = ConstructorParameters<typeof Schema>[0][number];
const schemaOf = (...own: readonly Tag[]): Schema =>
  new Schema([strTag, seqTag, mapTag, nullYaml11Tag, intTag, floatTag, mergeTag, ...own]);
const schemas: Readonly<Record<YamlDialect, Schema>> = {
  kubernetes: schemaOf(boolYaml11Tag),
  kustomize: schemaOf(boolCoreTag, dateTag),
};
