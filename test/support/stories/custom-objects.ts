/** Objects of definitions, judged: pruned, defaulted, refused. */
import { definition, DEFINITIONS, established, version } from './definitions.ts';
import { at, objectOf, schema, TRY } from './schemas.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const judged: Json = {
  versions: [
    {
      name: 'v1',
      served: true,
      storage: true,
      subresources: { status: {} },
      schema: { openAPIV3Schema: schema },
    },
  ],
};

const thing = (spec: Json): Json => objectOf('Thing', 'one', { spec });

const specs: readonly Json[] = [
  {},
  { unknown: 1, free: { any: { thing: 1 } }, any: [1, { a: null }], full: { x: 1 } },
  ...[0, 6, 1.5, '3', null, 9_007_199_254_740_991].map((size) => ({ size })),
  { even: 3 },
  ...['A', 'a', 'abcdef', '', 7].map((name) => ({ name })),
  ...['blue', '', null, 1].map((color) => ({ color })),
  {
    when: 'today',
    day: '2026-13-01',
    bytes: '!',
    address: '1.2.3',
    id: 'x',
    mail: 'x',
    lasts: '1x',
  },
  {
    when: '2026-01-01T00:00:00Z',
    day: '2026-01-01',
    bytes: 'YQ==',
    address: '1.2.3.4',
    lasts: '1h',
  },
  { small: 2_147_483_648 },
  { ratio: 0 },
  { ratio: 1e300 },
  { flag: 'true' },
  { nothing: null },
  { either: 'a' },
  { either: 1 },
  { either: 1.5 },
  { either: {} },
  { percent: 'a' },
  { percent: 5 },
  { free: 'text' },
  { free: { apiVersion: 1 } },
  { inner: {} },
  { inner: { apiVersion: 'v1', kind: 'Pod' } },
  { inner: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'A_B', labels: { a: 1 } } } },
  {
    inner: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'A_B', unheard: 1 }, spec: { x: 1 } },
  },
  { inner: { apiVersion: 'a/b/c', kind: 'a b' } },
  { pod: { apiVersion: 'v1', kind: 'Pod', spec: { size: 'x', other: 1 } } },
  { pod: { apiVersion: 'v1', kind: 'Pod', metadata: { annotations: { a: 'b' } } } },
  { map: { a: 'abc', b: 1 } },
  { map: { a: 'a', b: 'b', c: 'c' } },
  { map: ['a'] },
  { ports: [{ name: 'a' }, { name: 'a' }] },
  { ports: [{ name: 'a' }, { name: 'a', port: 81 }, { port: 1 }] },
  { ports: [{ name: 'a', tags: ['x', 'x'] }] },
  { ports: [null] },
  { ports: {} },
  { tags: ['a', 'b', 'a'] },
  { tags: ['', 'a', 'b', 'c'] },
  { plain: [] },
  { plain: [{}, { name: 1 }, 'x'] },
  { choice: {} },
  { choice: { a: 'a', b: 'b' } },
  { choice: { a: 'a', c: 'c' } },
  { choice: { a: 'a' } },
  { some: {} },
  { full: { a: 2 } },
  { full: { b: {} } },
  { full: null },
  { needy: {} },
  { needy: { must: null } },
  { ruled: { low: 2, high: 1 } },
  { ruled: { low: -1 } },
  { ruled: { text: 'bad' } },
  { ruled: { text: 'dup' } },
  { ruled: { text: 'x' } },
  { ruled: { text: '100' } },
  { ruled: { low: 'x', text: 'bad' } },
  { ruled: { low: 2, high: 1, text: 'bad' }, size: 9 },
  { ruled: { low: 2, high: 1 }, name: 'A' },
  { once: 'no' },
  { once: 'yes' },
];

const odd: readonly Json[] = [
  { apiVersion: 'story.example.com/v2', kind: 'Thing', metadata: { name: 'one' } },
  { apiVersion: 'story.example.com/v1', kind: 'Other', metadata: { name: 'one' } },
  { kind: 'Thing', metadata: { name: 'one' } },
  { apiVersion: 'story.example.com/v1', metadata: { name: 'one' } },
  objectOf('Thing', 'A_B', {}),
  { ...thing({}), metadata: {} },
  { ...thing({}), metadata: { name: 'one', namespace: 'other' } },
  { ...thing({}), metadata: { name: 'one', labels: { 'A B': 'c' }, finalizers: ['x'] } },
  { ...thing({}), metadata: { name: 'one', ownerReferences: [{ name: 'x' }] } },
  { ...thing({}), metadata: 'one' },
  { ...thing({}), spec: 'text' },
  { ...thing({}), spec: null },
  { ...thing({}), unknown: 1 },
  { ...thing({}), status: { ready: 'x', phase: 'Gone' } },
];

const things = at('things');
const keepers = at('keepers');
const keeper = (more: Json): Json => objectOf('Keeper', 'kept', more);
const status = (body: unknown): Step => ({
  ask: `PATCH ${keepers}/kept/status`,
  body: { status: body },
  shows: ['spec', 'status'],
});

export const customObjectStories: readonly Story[] = [
  {
    title: 'objects: judged',
    steps: [
      ...established('things', judged),
      { ...given(`GET ${things}`), until: 200 },
      ...specs.map((spec) => ({ ask: `POST ${things}${TRY}`, body: thing(spec), shows: ['spec'] })),
      ...odd.map((body) => ({ ask: `POST ${things}${TRY}`, body, shows: ['spec', 'status'] })),
    ],
  },
  {
    title: 'objects: changed',
    steps: [
      ...established('keepers', judged),
      {
        ...given(`POST ${keepers}`, keeper({ spec: { once: 'yes', ruled: { kept: 'a' } } })),
        until: 201,
      },
      { ask: `PATCH ${keepers}/kept`, body: { spec: { ruled: { kept: 'b' } } }, shows: ['spec'] },
      { ask: `PATCH ${keepers}/kept`, body: { spec: { once: 'other' } }, shows: ['spec'] },
      { ask: `PATCH ${keepers}/kept`, body: { spec: { once: null } }, shows: ['spec'] },
      { ask: `PATCH ${keepers}/kept`, body: { spec: { color: null } }, shows: ['spec'] },
      { ask: `PATCH ${keepers}/kept`, body: { spec: null }, shows: ['spec'] },
      { ask: `PATCH ${keepers}/kept`, body: { kind: 'Other' }, shows: ['spec'] },
      { ask: `PUT ${keepers}/kept`, body: keeper({}), shows: ['spec'] },
      { ask: `PUT ${keepers}/kept`, body: objectOf('Keeper', 'other', {}), shows: ['spec'] },
      { ask: `PUT ${keepers}/kept/status`, body: keeper({}), shows: ['spec'] },
      status({ ready: 'x' }),
      status({ ready: true, phase: 'Gone', other: 1 }),
      status({ ready: true, other: 1 }),
      status(null),
      status('text'),
      { ask: `GET ${keepers}/kept/scale` },
      { ask: `PATCH ${keepers}/kept/other`, body: {} },
    ],
  },
  {
    title: 'objects: of a version that is not served, and of a definition that goes',
    steps: [
      ...established('leaves', {
        versions: [version('v1', { storage: true }), version('v2', { served: false })],
      }),
      { ...given(`GET ${at('leaves')}`), until: 200 },
      { ask: 'GET /apis/story.example.com/v2/namespaces/default/leaves' },
      {
        ask: `POST ${at('leaves')}`,
        body: { ...objectOf('Leave', 'one', {}), apiVersion: 'story.example.com/v2' },
      },
      given(`DELETE ${DEFINITIONS}/leaves.story.example.com`),
      { ask: `GET ${at('leaves')}`, until: 404 },
      { ask: `GET ${DEFINITIONS}/leaves.story.example.com`, until: ({ code }) => code === 404 },
      { ask: `POST ${DEFINITIONS}?dryRun=All`, body: definition('leaves'), shows: ['spec'] },
    ],
  },
];
