import { UsageError } from '../usage-error.ts';
import type { GeneratorArgs, GeneratorOptions } from './kustomization.ts';
import {
  allIds,
  currentId,
  idOf,
  type Open,
  type Resource,
  resourceOf,
  sameId,
} from './resource.ts';

export interface Generation {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly args: GeneratorArgs;
  readonly options: GeneratorOptions;
  readonly read: (path: string) => Promise<Uint8Array>;
}

/** What a generator made, and what is to become of one of its name: made anew without it. */
export interface Generated {
  readonly made: Resource;
  readonly behavior?: string;
}

/** Adds what a generator made, or changes what one of a base had made. */
export function absorb(into: Resource[], { made, behavior = 'create' }: Generated): void {
  const id = currentId(made);
  const found = into.filter((resource) => allIds(resource).some((other) => sameId(other, id)));
  const shown = idOf(made.object);
  if (found.length > 1) {
    throw new UsageError(`found multiple objects that could accept merge of ${shown}`);
  }
  const [old] = found;
  // What it does not know kustomize takes as "create".
  if (behavior !== 'merge' && behavior !== 'replace') {
    if (old !== undefined) {
      throw new UsageError(`id ${shown} exists; behavior must be merge or replace`);
    }
    into.push(made);
  } else if (old === undefined) {
    throw new UsageError(`id ${shown} does not exist; cannot merge or replace`);
  } else change(old, made, behavior);
}

type WithData = Open & { data?: Record<string, string>; binaryData?: Record<string, string> };

function change(old: Resource, made: Resource, behavior: 'merge' | 'replace'): void {
  const [before, after] = [old.object as WithData, made.object as WithData];
  const merge = (
    a: Readonly<Record<string, string>> | undefined,
    b: Readonly<Record<string, string>> | undefined,
  ): Record<string, string> | undefined =>
    a === undefined && b === undefined ? undefined : { ...a, ...b };
  const { labels, annotations } = before.metadata;
  const metadata = {
    ...before.metadata,
    ...defined({
      labels: merge(labels, after.metadata.labels),
      annotations: merge(annotations, after.metadata.annotations),
    }),
  };
  const merged = behavior === 'merge';
  old.object = {
    ...after,
    metadata,
    ...defined({
      data: merged ? merge(before.data, after.data) : after.data,
      binaryData: merged ? merge(before.binaryData, after.binaryData) : after.binaryData,
    }),
  };
  old.hashed = made.hashed;
  if (!merged && made.origin !== undefined) old.origin = made.origin;
}

const defined = (fields: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The ConfigMap or Secret that a generator is to make. */
export async function generated(generation: Generation): Promise<Generated> {
  const { kind, args, options } = generation;
  // kustomize says so of secrets, too.
  if (!args.name) throw new UsageError('a configmap must have a name');
  const own = args.options ?? {};
  const all: GeneratorOptions = {
    ...options,
    ...own,
    labels: { ...options.labels, ...own.labels },
    annotations: { ...options.annotations, ...own.annotations },
  };
  const content = await contentOf(generation);
  const object = {
    apiVersion: 'v1',
    kind,
    metadata: {
      name: args.name,
      ...(args.namespace === undefined ? {} : { namespace: args.namespace }),
      ...nonEmpty('labels', all.labels),
      ...nonEmpty('annotations', all.annotations),
    },
    ...(kind === 'Secret' ? { type: args.type ?? 'Opaque' } : {}),
    ...(kind === 'Secret' ? secretData(content) : mapData(content)),
    ...(all.immutable === true ? { immutable: true } : {}),
  } as Open;
  const at = { file: `generator of ${args.name}`, document: 1, line: 1 };
  const made = resourceOf(object, at, all.disableNameSuffixHash !== true);
  return { made, ...(args.behavior === undefined ? {} : { behavior: args.behavior }) };
}

const nonEmpty = (name: string, entries: Readonly<Record<string, string>> | undefined): object =>
  entries === undefined || Object.keys(entries).length === 0 ? {} : { [name]: entries };

async function contentOf({
  kind,
  args,
  read,
}: Generation): Promise<ReadonlyMap<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  const put = (key: string, value: Uint8Array): void => {
    if (content.has(key)) {
      throw new UsageError(
        `${kind.toLowerCase()} ${args.name} illegally repeats the key \`${key}\``,
      );
    }
    content.set(key, value);
  };
  for (const path of [...(args.envs ?? []), ...(args.env === undefined ? [] : [args.env])]) {
    for (const line of Buffer.from(await read(path))
      .toString()
      .split(/\r?\n/)) {
      const text = line.trimStart();
      if (text === '' || text.startsWith('#')) continue;
      const equals = text.indexOf('=');
      if (equals > 0) put(text.slice(0, equals), Buffer.from(text.slice(equals + 1)));
    }
  }
  for (const literal of args.literals ?? []) {
    const equals = literal.indexOf('=');
    if (equals <= 0) {
      throw new UsageError(
        `loading KV pairs: literal sources [${args.literals!.join(' ')}]: ` +
          `invalid literal source ${literal}, expected key=value`,
      );
    }
    const value = literal.slice(equals + 1).replace(/^(["'])(.*)\1$/s, '$2');
    put(literal.slice(0, equals), Buffer.from(value));
  }
  for (const source of args.files ?? []) {
    const equals = source.indexOf('=');
    const path = source.slice(equals + 1);
    const key = equals > 0 ? source.slice(0, equals) : path.split('/').at(-1)!;
    put(key, await read(path));
  }
  return content;
}

function secretData(content: ReadonlyMap<string, Uint8Array>): object {
  const data = [...content].map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return data.length === 0 ? {} : { data: Object.fromEntries(data) as unknown };
}

/** What is no UTF-8 is binary. */
function mapData(content: ReadonlyMap<string, Uint8Array>): object {
  const [data, binaryData]: [Record<string, string>, Record<string, string>] = [{}, {}];
  for (const [key, value] of content) {
    const bytes = Buffer.from(value);
    const text = bytes.toString();
    if (Buffer.from(text).equals(bytes)) data[key] = text;
    else binaryData[key] = bytes.toString('base64');
  }
  return { ...nonEmpty('data', data), ...nonEmpty('binaryData', binaryData) };
}
