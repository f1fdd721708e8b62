/**
 * Builds the project's own tables from a folder of facts about Kubernetes' API:
 *
 *   npx tsx scripts/generate-api.ts <facts folder>
 *
 * `go-pointers.json` beside this script adds what the facts lack: the scalar fields that are
 * pointers in Kubernetes' Go types. Protobuf writes every other scalar even when it is zero, and
 * only with these does a zero mean something ("replicas: 0"). `go-written.json` adds what Go writes
 * as JSON for a field that is not set: its types decide that by `omitempty` and by whether they are
 * pointers.
 *
 * Writes `api/schema/tables/<group>-<version>.json` (one schema table per group-version),
 * `api/schema/tables/resources.json` and `api/types/<group>-<version>.ts` (TypeScript types).
 * The output is committed; nothing reads the
 * facts at run time. The table's form is described in `api/schema/table.ts`.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type FactType = string | [FactType] | { map: FactType };
interface FactField {
  type: FactType;
  required?: boolean;
  proto?: number;
  wire?: string;
  listType?: string;
  mapKeys?: string[];
  mergeKey?: string;
  patchStrategy?: string;
  mapType?: string;
  inline?: boolean;
}
interface FactDefinition {
  gvk?: string[];
  scalar?: string;
  mapType?: string;
  unions?: unknown;
  fields?: Record<string, FactField>;
  wireOnly?: Record<string, { proto: number; wire: string }>;
}
interface FactResource {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  subresources: Record<string, { kind: string; verbs: string[] }>;
}

const factsFolder = process.argv[2];
if (factsFolder === undefined) throw new Error('usage: generate-api.ts <facts folder>');
const facts = JSON.parse(readFileSync(join(factsFolder, 'types.json'), 'utf8')) as {
  types: Record<string, FactDefinition>;
  wireTypes: Record<string, Record<string, { proto: number; wire: string }>>;
};
const resources = JSON.parse(
  readFileSync(join(factsFolder, 'resources.json'), 'utf8'),
) as FactResource[];

/** Types that are one JSON value with a meaning of its own; everything else with fields is an object. */
const scalars: Record<string, string> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'Quantity',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'Time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'MicroTime',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'FieldsV1',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'RawExtension',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'IntOrString',
};
const primitives: Record<string, string> = {
  string: 'string',
  'integer:int32': 'int32',
  'integer:int64': 'int64',
  'string:byte': 'bytes',
  boolean: 'bool',
  'number:double': 'double',
};

const pointers = JSON.parse(
  readFileSync(join(import.meta.dirname, 'go-pointers.json'), 'utf8'),
) as Record<string, readonly string[]>;

const written = JSON.parse(
  readFileSync(join(import.meta.dirname, 'go-written.json'), 'utf8'),
) as Record<string, Record<string, unknown>>;

interface Name {
  module: string;
  short: string;
}

/** "io.k8s.api.core.v1.Pod" → { module: "core-v1", short: "Pod" }. */
function nameOf(full: string): Name {
  const parts = full.split('.');
  const short = parts.pop()!;
  if (full.includes('.pkg.version.')) return { module: 'meta-v1', short: `Version${short}` };
  const version = parts.pop()!;
  return { module: `${parts.pop()!}-${version}`, short };
}

function typeExpression(type: FactType, module: string): string {
  if (Array.isArray(type)) return `[]${typeExpression(type[0], module)}`;
  if (typeof type === 'object') return `{}${typeExpression(type.map, module)}`;
  const simple = primitives[type] ?? scalars[type];
  if (simple !== undefined) return simple;
  const definition = facts.types[type];
  if (definition === undefined) throw new Error(`unknown type ${type}`);
  if (definition.fields === undefined) return definition.scalar === 'any' ? 'any' : 'object';
  const name = nameOf(type);
  return name.module === module ? name.short : `${name.module}.${name.short}`;
}

/** "ProbeHandler" or "k8s.io.api.core.v1.X" as used by the message `owner`, in our naming. */
function wireName(wire: string, owner: string): string {
  const full = wire.startsWith('k8s.io.')
    ? wire
    : `${owner.split('.').slice(0, -1).join('.')}.${wire}`;
  return full.replace(/^\.?/, '').replace(/^k8s\.io\./, 'io.k8s.');
}

const modules = new Map<string, Map<string, FactDefinition & { full: string }>>();
for (const [full, definition] of Object.entries(facts.types)) {
  if (scalars[full] !== undefined || definition.fields === undefined) continue;
  const { module, short } = nameOf(full);
  if (!modules.has(module)) modules.set(module, new Map());
  modules.get(module)!.set(short, { ...definition, full });
}

/** Kinds whose gvk list names every group (DeleteOptions, WatchEvent) are no kind of one group. */
const ownKind = (definition: FactDefinition): string | undefined =>
  definition.gvk?.length === 1 ? definition.gvk[0] : undefined;

/** How a field is written in protobuf where its JSON type does not tell. */
const wireForms: Record<string, string> = {
  JSON: 'json',
  JSONSchemaPropsOrArray: 'schemaOrArray',
  JSONSchemaPropsOrBool: 'schemaOrBool',
  JSONSchemaPropsOrStringArray: 'schemaOrStrings',
  ExtraValue: 'itemsMessage',
  Verbs: 'itemsMessage',
};

function wireForm(wire: string | undefined): string | undefined {
  const message = wire?.replace(/^map<string,(.*)>$/, '$1').replace(/^repeated /, '');
  return wireForms[message ?? ''];
}

/** "x-kubernetes-list-type" and "xKubernetesListType" are one field, "$ref" and "ref" another. */
const wireFieldName = (json: string): string =>
  json.replace(/^\$/, '').replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase());

function tableField(name: string, field: FactField, owner: FactDefinition & Named): object {
  const scalarOnWire = owner.wireOnly?.[wireFieldName(name)];
  const renamed = field.inline && scalarOnWire !== undefined;
  const proto = renamed ? scalarOnWire.proto : field.proto;
  const wire = wireForm(field.wire);
  const unset = written[`${owner.module}.${owner.short}`]?.[name];
  return {
    type: typeExpression(field.type, owner.module),
    ...(field.required ? { required: true } : {}),
    ...(pointers[`${owner.module}.${owner.short}`]?.includes(name) ? { pointer: true } : {}),
    ...(unset === undefined ? {} : { written: unset }),
    ...(proto === undefined ? {} : { proto }),
    ...(field.listType === undefined ? {} : { listType: field.listType }),
    ...(field.mapKeys === undefined ? {} : { listMapKeys: field.mapKeys }),
    ...(field.mapType === undefined ? {} : { mapType: field.mapType }),
    ...(field.mergeKey === undefined ? {} : { mergeKey: field.mergeKey }),
    ...(field.patchStrategy === undefined ? {} : { patchStrategy: field.patchStrategy }),
    ...(field.inline && !renamed ? { inline: true } : {}),
    ...(wire === undefined ? {} : { wire }),
  };
}

interface Named {
  module: string;
  short: string;
}

interface InlineMessage {
  proto: number;
  fields: Record<string, number>;
  inlineMessages?: Record<string, InlineMessage>;
}

/** Messages that exist only on the wire (Go's embedded structs): JSON field → number, nested. */
function inlineMessages(
  wireOnly: FactDefinition['wireOnly'],
  owner: string,
): Record<string, InlineMessage> | undefined {
  const out: Record<string, InlineMessage> = {};
  for (const [name, { proto, wire }] of Object.entries(wireOnly ?? {})) {
    const target = wireName(wire, owner.replace(/^io\.k8s\./, 'k8s.io.'));
    const known: Record<string, { proto?: number }> | undefined =
      facts.types[target]?.fields ?? facts.wireTypes[target.replace(/^io\.k8s\./, 'k8s.io.')];
    if (known === undefined) continue;
    const nested = inlineMessages(facts.types[target]?.wireOnly, target);
    const numbers = Object.entries(known).flatMap(([field, f]) =>
      f.proto === undefined ? [] : [[field, f.proto]],
    );
    out[name] = {
      proto,
      fields: Object.fromEntries(numbers) as Record<string, number>,
      ...(nested === undefined ? {} : { inlineMessages: nested }),
    };
  }
  return Object.keys(out).length === 0 ? undefined : out;
}

function writeTables(): void {
  rmSync('api/schema/tables', { recursive: true, force: true });
  mkdirSync('api/schema/tables', { recursive: true });
  for (const [module, types] of [...modules].sort()) {
    const lines: string[] = [];
    for (const [short, definition] of [...types].sort()) {
      const head = {
        ...(ownKind(definition) === undefined ? {} : { kind: ownKind(definition) }),
        ...(definition.mapType === undefined ? {} : { mapType: definition.mapType }),
      };
      const wire = inlineMessages(definition.wireOnly, definition.full);
      const owner = { ...definition, module, short };
      const fields = Object.entries(definition.fields!).map(
        ([name, field]) =>
          `      ${JSON.stringify(name)}: ${JSON.stringify(tableField(name, field, owner))}`,
      );
      const headText = JSON.stringify(head).slice(1, -1);
      lines.push(
        `  ${JSON.stringify(short)}: {${headText === '' ? '' : `\n    ${headText},`}` +
          `${wire === undefined ? '' : `\n    "inlineMessages": ${JSON.stringify(wire)},`}` +
          `\n    "fields": {\n${fields.join(',\n')}\n    }\n  }`,
      );
    }
    writeFileSync(`api/schema/tables/${module}.json`, `{\n${lines.join(',\n')}\n}\n`);
  }
  const rows = resources.map((r) => `  ${JSON.stringify(r)}`);
  writeFileSync('api/schema/tables/resources.json', `[\n${rows.join(',\n')}\n]\n`);
}

function typescriptType(type: FactType, module: string, imports: Map<string, Set<string>>): string {
  if (Array.isArray(type)) return `readonly ${wrap(typescriptType(type[0], module, imports))}[]`;
  if (typeof type === 'object')
    return `Readonly<Record<string, ${typescriptType(type.map, module, imports)}>>`;
  const expression = typeExpression(type, module);
  switch (expression) {
    case 'string':
    case 'bytes':
    case 'Time':
    case 'MicroTime':
      return 'string';
    case 'Quantity':
    case 'IntOrString':
      return 'string | number';
    case 'int32':
    case 'int64':
    case 'double':
      return 'number';
    case 'bool':
      return 'boolean';
    case 'any':
    case 'object':
    case 'FieldsV1':
    case 'RawExtension':
      return 'unknown';
  }
  const name = nameOf(type);
  if (name.module !== module) {
    if (!imports.has(name.module)) imports.set(name.module, new Set());
    imports.get(name.module)!.add(name.short);
  }
  return name.short;
}
const wrap = (type: string): string => (type.includes(' ') ? `(${type})` : type);

/** Every stored kind has metadata, and every kind with a spec is stored with one. */
const alwaysThere = new Set(['apiVersion', 'kind', 'metadata', 'spec']);

/** Required lists that validation lets be empty: then they are stored, and read, as null. */
const mayBeEmpty = new Set([
  'CSINodeSpec.drivers',
  'EndpointSlice.endpoints',
  'LimitRangeSpec.limits',
]);

function writeTypes(): void {
  rmSync('api/types', { recursive: true, force: true });
  mkdirSync('api/types', { recursive: true });
  for (const [module, types] of [...modules].sort()) {
    const imports = new Map<string, Set<string>>();
    const bodies: string[] = [];
    for (const [short, definition] of [...types].sort()) {
      const isKind = ownKind(definition) !== undefined;
      const fields = Object.entries(definition.fields!).map(([name, field]) => {
        const there = field.required || (isKind && alwaysThere.has(name));
        const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
        const isNull =
          Array.isArray(field.type) &&
          written[`${module}.${short}`]?.[name] === null &&
          (!field.required || mayBeEmpty.has(`${short}.${name}`));
        const type = `${typescriptType(field.type, module, imports)}${isNull ? ' | null' : ''}`;
        return `  readonly ${key}${there ? '' : '?'}: ${type};`;
      });
      bodies.push(`export interface ${short} {\n${fields.join('\n')}\n}\n`);
    }
    const head = [...imports]
      .sort()
      .map(
        ([from, names]) => `import type { ${[...names].sort().join(', ')} } from './${from}.ts';`,
      );
    writeFileSync(
      `api/types/${module}.ts`,
      `// Generated by scripts/generate-api.ts from Kubernetes 1.34's API facts. Do not edit.\n` +
        `${head.length === 0 ? '' : `${head.join('\n')}\n`}\n${bodies.join('\n')}`,
    );
  }
}

writeTables();
writeTypes();
