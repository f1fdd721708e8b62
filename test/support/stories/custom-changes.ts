/** Objects that were wrong before a change, and lists and maps that several managers apply. */
import { DEFINITIONS, established, version } from './definitions.ts';
import { at, fields, integer, list, object, objectOf, ruled, string, TRY } from './schemas.ts';
import { APPLY, given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

/** Its first version lets through what its second does not. */
const loose = (field: Json, more: Json = {}): Json => ({
  versions: [version('v1', { storage: true, ...more }, field)],
});

const item2 = object({ name: string, value: string }, { required: ['name'] });

const before: Json = {
  a: string,
  b: string,
  list: list(string),
  map: { type: 'object', additionalProperties: string },
  items: list(item2, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
  atoms: list(item2),
  n: integer,
};

const later: Json = {
  a: { ...string, maxLength: 2 },
  b: ruled(string, { rule: 'self != "bad"' }),
  list: list({ ...string, maxLength: 2 }, { maxItems: 2 }),
  map: { type: 'object', additionalProperties: { ...string, enum: ['x'] } },
  items: list(
    object({ name: string, value: { ...string, maxLength: 2 } }, { required: ['name', 'value'] }),
    {
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
  ),
  atoms: list(object({ name: string, value: { ...string, maxLength: 2 } }, { required: ['name'] })),
  n: { ...integer, maximum: 2 },
};

const wrong = {
  a: 'long',
  b: 'bad',
  list: ['long', 'a', 'b'],
  map: { a: 'long' },
  items: [{ name: 'a', value: 'long' }, { name: 'b' }],
  atoms: [{ name: 'a', value: 'long' }],
  n: 7,
};

const one = `${at('ratchets')}/one`;
const changedSpec = (field: Json): Step => ({
  ask: `PATCH ${one}${TRY}`,
  body: { spec: { field } },
  shows: ['spec'],
});

const ratchets: Step[] = [
  ...established('ratchets', loose(object(before))),
  {
    ...given(`POST ${at('ratchets')}`, objectOf('Ratchet', 'one', { spec: { field: wrong } })),
    until: 201,
  },
  given(`PATCH ${DEFINITIONS}/ratchets.story.example.com`, { spec: loose(object(later)) }),
  // The new schema is in force.
  {
    ask: `POST ${at('ratchets')}${TRY}`,
    body: objectOf('Ratchet', 'two', { spec: { field: wrong } }),
    until: 422,
  },
  { ask: `PATCH ${one}${TRY}`, body: { metadata: { labels: { a: 'b' } } }, shows: ['spec'] },
  ...[
    { a: 'ok' },
    { a: 'other' },
    { b: 'bad2' },
    { b: null },
    { list: ['long', 'a'] },
    { list: ['long', 'a', 'c'] },
    { list: ['a', 'long', 'b'] },
    { map: { b: 'x' } },
    { map: { b: 'y' } },
    { items: [{ name: 'b' }, { name: 'a', value: 'long' }] },
    {
      items: [
        { name: 'a', value: 'long' },
        { name: 'b', value: 'longer' },
      ],
    },
    { items: [{ name: 'a', value: 'long' }, { name: 'c' }] },
    { atoms: [{ name: 'a', value: 'long' }, { name: 'b' }] },
    { n: 8 },
    { n: 7, a: 'ok' },
  ].map(changedSpec),
];

const applied = (manager: string, spec: Json, force = false): Step => ({
  ask: `PATCH ${at('applies')}/one?fieldManager=${manager}${force ? '&force=true' : ''}`,
  type: APPLY,
  body: objectOf('Apply', 'one', { spec: { field: spec } }),
  shows: ['spec'],
});

const applies: Step[] = [
  ...established('applies', {
    names: { plural: 'applies', kind: 'Apply' },
    ...loose(
      object({
        ports: fields['ports'],
        tags: list(string, { 'x-kubernetes-list-type': 'set' }),
        atoms: list(string),
        atomic: object({ a: string, b: string }, { 'x-kubernetes-map-type': 'atomic' }),
        granular: object({ a: string, b: string }),
        map: { type: 'object', additionalProperties: string },
        free: fields['free'],
        inner: fields['inner'],
        either: fields['either'],
      }),
    ),
  }),
  { ...given(`GET ${at('applies')}`), until: 200 },
  applied('one', { ports: [{ name: 'a', value: '1' }], tags: ['x', 'y'], atoms: ['1', '2'] }),
  applied('two', { ports: [{ name: 'b', value: '2' }], tags: ['z'] }),
  applied('two', { ports: [{ name: 'a', value: '2' }], atoms: ['3'] }),
  applied('two', { ports: [{ name: 'a', port: 80, value: '2' }] }, true),
  applied('one', { tags: ['y'] }),
  applied('one', { ports: [{ name: 'a' }, { name: 'a' }] }),
  applied('one', { ports: [{ value: 'x' }] }),
  applied('one', { tags: ['y', 'y'] }),
  applied('one', { tags: 'y' }),
  applied('one', { unknown: 1 }),
  applied('one', {
    atomic: { a: '1' },
    granular: { a: '1' },
    map: { a: '1' },
    free: { a: { b: 1 } },
  }),
  applied('two', {
    atomic: { b: '1' },
    granular: { b: '1' },
    map: { b: '1' },
    free: { a: { c: 1 } },
  }),
  applied('two', { granular: { a: '2' }, map: { a: '2' }, free: { a: { b: 2 } } }),
  applied('one', {
    inner: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { a: 1 } },
  }),
  applied('two', { inner: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'y' } } }),
  applied('one', { either: 1 }),
  applied('two', { either: '1' }),
  applied('one', { tags: ['y', null] }),
  { ...applied('one', {}), body: { apiVersion: 'story.example.com/v1', kind: 'Apply' } },
  { ...applied('one', {}), body: objectOf('Apply', 'two', {}) },
  {
    ...applied('one', {}),
    body: { ...objectOf('Apply', 'one', {}), metadata: { name: 'one', managedFields: [{}] } },
  },
];

const started = { ...string, default: 'started' };
const statused = object({
  spec: object({ field: string }),
  status: object({ is: started, was: string }, { default: { was: 'none' } }),
});

/** The status that is created is not the client's, and yet has its defaults. */
const statuses: Step[] = [
  ...established('begins', {
    versions: [
      {
        ...version('v1', { storage: true, subresources: { status: {} } }),
        schema: {
          openAPIV3Schema: ruled(statused, {
            rule: '!has(self.status) || self.status.is != "bad"',
          }),
        },
      },
    ],
  }),
  { ...given(`GET ${at('begins')}`), until: 200 },
  { ask: `POST ${at('begins')}`, body: objectOf('Begin', 'one', { status: { is: 'bad' } }) },
  { ask: `GET ${at('begins')}/one` },
  { ask: `PATCH ${at('begins')}/one`, body: { spec: { field: 'x' }, status: null } },
  { ask: `PATCH ${at('begins')}/one/status`, body: { status: { is: null, was: 'x' } } },
  { ask: `PATCH ${at('begins')}/one/status`, body: { status: null } },
  {
    ask: `PATCH ${at('begins')}/two?fieldManager=x`,
    type: APPLY,
    body: objectOf('Begin', 'two', {}),
  },
  { ask: `GET ${at('begins')}/two` },
  { ask: `POST ${at('begins')}${TRY}`, body: objectOf('Begin', 'three', {}) },
];

export const customChangeStories: readonly Story[] = [
  { title: 'objects: wrong before, and changed', steps: ratchets },
  { title: 'objects: applied', steps: applies },
  { title: 'objects: a status by default', steps: statuses },
];
