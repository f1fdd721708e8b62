/** Definitions that are created and changed: their versions, names, conversion and schemas. */
import { parts } from './version-parts.ts';
import { CA, conversions, SERVICE, webhook } from './conversions.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

export const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const TRY = '?dryRun=All&fieldValidation=Warn';

const string = { type: 'string' };
const object = (properties: Json, more: Json = {}): Json => ({
  type: 'object',
  properties,
  ...more,
});

/** A version of a definition; its schema has one field, of the spec, of that schema. */
export const version = (name: string, more: Json = {}, field: Json = string): Json => ({
  name,
  served: true,
  storage: false,
  schema: { openAPIV3Schema: object({ spec: object({ field }) }) },
  ...more,
});

const rooted = (root: Json, more: Json = {}): Json => ({
  ...version('v1', { storage: true, ...more }),
  schema: { openAPIV3Schema: root },
});

const stored = (name: string, field?: Json): Json => version(name, { storage: true }, field);

export function definition(plural: string, spec: Json = {}): Json {
  const kind = `${plural[0]!.toUpperCase()}${plural.slice(1, -1)}`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.story.example.com` },
    spec: {
      group: 'story.example.com',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [stored('v1')],
      ...spec,
    },
  };
}

/** What there is to be said of it is said. */
const isJudged = ({ status }: Json): boolean =>
  ((status as Json | undefined)?.['conditions'] as Json[] | undefined)?.some(
    ({ type, status: is, reason }) =>
      type === 'Established' && (is === 'True' || reason === 'InvalidCABundle'),
  ) === true;

/** The definition, and until it is served. */
export const established = (plural: string, spec: Json = {}): Step[] => {
  const at = `${DEFINITIONS}/${plural}.story.example.com`;
  return [
    given(`POST ${DEFINITIONS}`, definition(plural, spec)),
    { ask: `GET ${at}`, until: isJudged, shows: ['spec.names', 'status'] },
  ];
};

const shows = ['spec.names', 'spec.conversion', 'spec.scope', 'status.storedVersions'];

/** What becomes of each change, tried. */
const changed = (plural: string, spec: Json, changes: readonly Json[]): Step[] => [
  ...established(plural, spec),
  ...changes.map((body) => ({
    ask: `PATCH ${DEFINITIONS}/${plural}.story.example.com${TRY}`,
    body: 'spec' in body || 'metadata' in body ? body : { spec: body },
    shows,
  })),
];

const two = [stored('v1'), version('v1beta1')];
const names: readonly Json[] = [
  { names: { kind: 'Other' } },
  { names: { plural: 'others' } },
  { names: { singular: 'other' } },
  { names: { singular: 'Other' } },
  { names: { listKind: 'Others' } },
  { names: { listKind: 'Name' } },
  { names: { listKind: null, singular: null } },
  { names: { shortNames: ['nm', 'Nm'] } },
  { names: { categories: ['all', 'A_B'] } },
  { group: 'other.example.com' },
  { scope: 'Cluster' },
  { scope: 'Everywhere' },
  { scope: null },
  { names: null },
  { metadata: { name: 'other.story.example.com' } },
  { metadata: { finalizers: ['held'] } },
  { metadata: { labels: { 'A B': 'c' } } },
];

const versions = (...list: readonly Json[]): Json => ({ versions: list });

const versionChanges: readonly Json[] = [
  versions(),
  { versions: null },
  versions(stored('v1')),
  versions(stored('v1beta1')),
  versions(version('v1'), stored('v1beta1')),
  versions(version('v1'), version('v1beta1')),
  versions(stored('v1'), stored('v1beta1')),
  versions(stored('v1'), version('v1')),
  versions(stored('v1'), stored('v1')),
  versions(version('v1'), version('v1beta1'), stored('v2')),
  versions(stored('v1'), version('V_2')),
  versions(stored('V_1'), version('v2')),
  versions(stored('v1'), version('')),
  versions(stored('v1'), version('v2', { served: false })),
  versions({ ...stored('v1'), served: false }, version('v1beta1', { served: false })),
  versions(stored('v1'), { name: 'v2', served: true, storage: false }),
  versions(stored('v1'), { name: 'v2', served: false, storage: false }),
  versions(stored('v1'), { name: 'v2' }),
  versions({ name: 'v1', served: true, storage: true }),
  versions(stored('v1'), version('v2', { deprecationWarning: 'old' })),
  versions(stored('v1'), version('v2', { deprecated: true, deprecationWarning: '' })),
  versions(stored('v1'), version('v2', { deprecated: true, deprecationWarning: 'a\u0007b' })),
  versions(stored('v1'), version('v2', { deprecated: true })),
  versions(stored('v1', { type: 'strin' }), version('v1beta1', {}, { type: 'strin' })),
  versions(stored('v1', { type: 'strin' }), version('v1beta1', {}, { type: 'number' })),
  versions(stored('v1', { type: 'strin' }), version('v1beta1', { storage: true })),
  { preserveUnknownFields: true },
  { preserveUnknownFields: false },
];

const both = (more: Json): Json => versions({ ...two[0], ...more }, { ...two[1], ...more });
const second = (more: Json): Json => versions(two[0]!, { ...two[1], ...more });

/** Of the root of a schema. */
const roots: readonly Json[] = [
  { type: 'string' },
  {},
  { type: 'object', nullable: true },
  { type: 'object', additionalProperties: string },
  { type: 'object', additionalProperties: false },
  { type: 'object', oneOf: [{ required: ['spec'] }] },
  { type: 'object', default: {} },
  { type: 'object', enum: [{}] },
  { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  { type: 'object', 'x-kubernetes-int-or-string': true },
  { type: 'object', 'x-kubernetes-embedded-resource': true },
  { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.metadata.name == "a"' }] },
  { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.spec == "a"' }] },
  { type: 'object', 'x-kubernetes-map-type': 'atomic' },
  object({ metadata: string }),
  object({ metadata: object({ name: { ...string, pattern: '^a' } }) }),
  object({ metadata: object({ labels: { type: 'object' } }) }),
  object({ metadata: object({ name: { ...string, default: 'a' } }) }),
  object({ apiVersion: { type: 'integer' }, kind: object({}) }),
  object({ spec: object({ a: { ...string, default: 1 } }) }),
  object({ spec: object({ a: { ...string, enum: ['a'], default: 'b' } }) }),
  object({ spec: object({ a: { type: 'object', default: { b: 1 } } }) }),
  object({ spec: object({}, { required: ['a'], default: {} }) }),
  object({ spec: object({ a: { ...string, format: 'unheard' } }) }),
  object({ spec: object({ a: { ...string, pattern: '(' } }) }),
  object({ spec: object({ a: { type: 'array' } }) }),
  object({ spec: object({ a: { type: 'array', items: [string] } }) }),
  object({ spec: object({ a: { $ref: '#/x' } }) }),
  object({ spec: object({ a: { ...string, uniqueItems: true } }) }),
  object({ spec: object({ a: { anyOf: [{ ...string }, { type: 'integer' }] } }) }),
  object({ spec: object({ a: { ...string, anyOf: [{ description: 'x', default: 1 }] } }) }),
  object({ spec: object({ a: string }, { additionalProperties: string }) }),
];

const rule = (text: string, more: Json = {}): Json =>
  stored('v1', { ...string, 'x-kubernetes-validations': [{ rule: text, ...more }] });

const rules: readonly Json[] = [
  versions(rule('self == 1')),
  versions(rule('self =')),
  versions(rule('')),
  versions(rule('self.size() > 1', { message: ' ' })),
  versions(rule('self.size() > 1', { messageExpression: 'self.size()' })),
  versions(rule('self.size() > 1', { messageExpression: 'other' })),
  versions(rule('self.size() > 1', { reason: 'Other' })),
  versions(rule('self.size() > 1', { fieldPath: '.other' })),
  versions(rule('self == oldSelf')),
  versions(rule('self == "a"', { optionalOldSelf: true })),
  versions(rule('self == oldSelf.value()', { optionalOldSelf: true })),
  versions(
    stored('v1', {
      type: 'array',
      items: { ...string, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
    }),
  ),
  versions(
    stored('v1', {
      type: 'array',
      items: string,
      'x-kubernetes-validations': [{ rule: 'self.all(a, self.all(b, a.contains(b)))' }],
    }),
  ),
  versions(
    stored('v1', {
      type: 'array',
      items: { ...string, 'x-kubernetes-validations': [{ rule: 'self.matches("a.*b")' }] },
    }),
  ),
];

const tried = (specs: readonly Json[]): Step[] =>
  specs.map((spec) => ({
    ask: `POST ${DEFINITIONS}${TRY}`,
    body: definition('tries', spec),
    shows,
  }));

export const definitionStories: readonly Story[] = [
  { title: 'a definition: versions', steps: tried(versionChanges) },
  {
    title: 'a definition: its versions change',
    steps: changed('versions', { versions: two }, versionChanges),
  },
  { title: 'a definition: conversion', steps: tried(conversions) },
  {
    title: 'a definition: its conversion changes',
    steps: changed('conversions', { versions: two }, conversions),
  },
  {
    title: 'a definition: its webhook for conversion changes',
    steps: changed(
      'hooks',
      { versions: two, ...webhook({ service: SERVICE, caBundle: CA }) },
      conversions,
    ),
  },
  {
    title: 'a definition: its webhook has no certificate of an authority',
    steps: [
      ...changed(
        'nohooks',
        { versions: two, ...webhook({ service: SERVICE, caBundle: 'Y2E=' }) },
        conversions,
      ),
      given(`PATCH ${DEFINITIONS}/nohooks.story.example.com`, {
        spec: webhook({ service: SERVICE, caBundle: CA }),
      }),
      {
        ask: `GET ${DEFINITIONS}/nohooks.story.example.com`,
        until: ({ status }) => JSON.stringify(status).includes('"InitialNamesAccepted"'),
        shows: ['status'],
      },
    ],
  },
  { title: 'a definition: its names change', steps: changed('names', {}, names) },
  {
    title: 'a definition: parts of one version',
    steps: tried(parts.map((part) => versions({ ...stored('v1'), ...part }))),
  },
  { title: 'a definition: parts of both versions', steps: tried(parts.map(both)) },
  { title: 'a definition: parts of the second version', steps: tried(parts.map(second)) },
  {
    title: 'a definition: parts change',
    steps: changed('parts', { versions: two }, parts.map(second)),
  },
  { title: 'a definition: roots', steps: tried(roots.map((root) => versions(rooted(root)))) },
  {
    title: 'a definition: roots with a status',
    steps: tried(roots.map((root) => versions(rooted(root, { subresources: { status: {} } })))),
  },
  {
    title: 'a definition: the same root twice, one with a status',
    steps: tried(
      roots.map((root) =>
        versions(rooted(root), {
          ...rooted(root),
          name: 'v2',
          storage: false,
          subresources: { status: {} },
        }),
      ),
    ),
  },
  {
    title: 'a definition: its root changes',
    steps: changed(
      'roots',
      { versions: two },
      roots.map((root) => versions(rooted(root), two[1]!)),
    ),
  },
  {
    title: 'a definition: a status comes to a root that it does not suit',
    steps: changed(
      'statuses',
      { versions: [rooted({ type: 'object', oneOf: [{ required: ['spec'] }] })] },
      [
        versions(
          rooted(
            { type: 'object', oneOf: [{ required: ['spec'] }] },
            { subresources: { status: {} } },
          ),
        ),
      ],
    ),
  },
  { title: 'a definition: rules', steps: tried(rules) },
  {
    title: 'a definition: its rules change',
    steps: changed('rules', { versions: [rule('self == "a"')] }, rules),
  },
  {
    title: 'a definition: its storage version moves, and the old one goes',
    steps: [
      ...established('moves', { versions: two }),
      moves({ versions: [version('v1'), stored('v1beta1')] }),
      moves({ versions: [stored('v1beta1')] }),
      {
        ...moves({}),
        ask: `${moves({}).ask}/status`,
        body: { status: { storedVersions: ['v1beta1'] } },
      },
      moves({ versions: [stored('v1beta1')] }),
      { ...moves({}), ask: `${moves({}).ask}/status`, body: { status: { storedVersions: [] } } },
      {
        ...moves({}),
        ask: `${moves({}).ask}/status`,
        body: { status: { storedVersions: ['v7'] } },
      },
      moves({ names: { shortNames: ['mv'] } }),
      {
        ...moves({}),
        ask: `${moves({}).ask}/status`,
        body: { status: { acceptedNames: { plural: 'A_B' } } },
      },
    ],
  },
  {
    title: 'a definition: names that another has',
    steps: [
      ...established('firsts', { names: { plural: 'firsts', kind: 'First', shortNames: ['fs'] } }),
      ...conflicting({ plural: 'seconds', kind: 'First' }),
      ...conflicting({ plural: 'thirds', kind: 'Third', shortNames: ['fs', 'firsts'] }),
      ...conflicting({
        plural: 'fourths',
        singular: 'first',
        kind: 'Fourth',
        listKind: 'FirstList',
      }),
    ],
  },
];

function moves(spec: Json): Step {
  return { ask: `PATCH ${DEFINITIONS}/moves.story.example.com`, body: { spec }, shows };
}

/** Judged, but not established. */
function conflicting(wanted: { readonly plural: string } & Json): Step[] {
  const at = `${DEFINITIONS}/${wanted.plural}.story.example.com`;
  return [
    given(`POST ${DEFINITIONS}`, definition(wanted.plural, { names: wanted })),
    {
      ask: `GET ${at}`,
      until: ({ status }) => Array.isArray((status as Json | undefined)?.['conditions']),
      shows: ['spec.names', 'status'],
    },
    given(`DELETE ${at}`),
  ];
}
