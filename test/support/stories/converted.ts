/** Objects that a webhook converts from version to version, and one that does so wrongly. */
import { LIES } from './conversion-answers.ts';
import { webhook } from './conversions.ts';
import { definition, DEFINITIONS, established, version } from './definitions.ts';
import { integer, object, string } from './schemas.ts';
import { APPLY, given, type Step, type Story } from './story.ts';
import { HOOKS, HOOKS_CA } from './webhook-server.ts';

type Json = Readonly<Record<string, unknown>>;

const GROUP = 'story.example.com';
const fields = { field: string, other: string, more: { ...string, default: 'x' }, n: integer };
const of = (name: string, more: Json = {}): Json => ({
  ...version(name, more),
  schema: { openAPIV3Schema: object({ spec: object(fields), status: object({ is: string }) }) },
});
const HOOK = { url: `${HOOKS}/convert`, caBundle: HOOKS_CA };

const at = (plural: string, of: string): string =>
  `/apis/${GROUP}/${of}/namespaces/default/${plural}`;
const named = (kind: string, name: string, more: Json = {}): Json => ({
  apiVersion: `${GROUP}/v1`,
  kind,
  metadata: { name, labels: { own: 'x' }, annotations: { own: 'y' } },
  spec: { field: 'a' },
  ...more,
});

/** Served in both versions. */
const ready = (plural: string, spec: Json): Step[] => [
  ...established(plural, {
    versions: [of('v1', { storage: true }), of('v2')],
    ...spec,
  }),
  { ...given(`GET ${at(plural, 'v1')}`), until: 200 },
  { ...given(`GET ${at(plural, 'v2')}`), until: 200 },
];

const kindOf = (plural: string): string => `${plural[0]!.toUpperCase()}${plural.slice(1, -1)}`;
const told = ['metadata.name', 'metadata.labels', 'metadata.annotations', 'metadata.finalizers'];

/** Each is told of an object that is read, and of one that is made. */
const lied = (plural: string, versions: readonly string[]): Step[] => {
  const shows = [...told, 'metadata.generation', 'spec', 'unheard'];
  const kind = kindOf(plural);
  return [
    ...ready(plural, webhook(HOOK, versions)),
    ...LIES.flatMap((name): Step[] => [
      given(`POST ${at(plural, 'v1')}`, named(kind, name)),
      { ask: `GET ${at(plural, 'v2')}/${name}`, shows },
      given(`DELETE ${at(plural, 'v1')}/${name}`),
      {
        ask: `POST ${at(plural, 'v2')}`,
        body: { ...named(kind, name), apiVersion: `${GROUP}/v2` },
        shows,
      },
      { ask: `GET ${at(plural, 'v1')}/${name}`, shows },
      given(`DELETE ${at(plural, 'v1')}/${name}`),
    ]),
  ];
};

const crd = (plural: string): string => `${DEFINITIONS}/${plural}.${GROUP}`;
const changed = (plural: string, spec: Json): Step => ({
  ask: `PATCH ${crd(plural)}`,
  body: { spec },
  shows: ['spec.conversion', 'status.storedVersions'],
});
const storedIn = (plural: string, ...storedVersions: string[]): Step => ({
  ask: `PATCH ${crd(plural)}/status`,
  body: { status: { storedVersions } },
  shows: ['status.storedVersions'],
});
/** In force once the new field is taken. */
const probed = (plural: string, version: string, field: string): Step => ({
  ...given(`POST ${at(plural, version)}?dryRun=All&fieldValidation=Strict`, {
    ...named(kindOf(plural), 'probe'),
    apiVersion: `${GROUP}/${version}`,
    spec: { [field]: 'x' },
  }),
  until: 201,
});
const withField = (name: string, field: string, more: Json = {}): Json => ({
  ...of(name, more),
  schema: { openAPIV3Schema: object({ spec: object({ ...fields, [field]: string }) }) },
});

/** The storage version moves from v1 to v2; some objects are written anew, others are not. */
const migration = (plural: string, conversion: Json): Step[] => {
  const one = (version: string, name: string): string => `${at(plural, version)}/${name}`;
  const read = (version: string): Step[] =>
    ['old', 'rewritten', 'touched', 'newer'].map((name) => ({
      ask: `GET ${one(version, name)}`,
      shows: ['apiVersion', 'metadata.labels', 'metadata.generation', 'spec'],
    }));
  return [
    ...ready(plural, conversion),
    ...['old', 'rewritten', 'touched'].map((name) => ({
      ask: `POST ${at(plural, 'v1')}`,
      body: named(kindOf(plural), name),
    })),
    changed(plural, { versions: [of('v1'), withField('v2', 'late', { storage: true })] }),
    probed(plural, 'v2', 'late'),
    ...read('v1'),
    ...read('v2'),
    { ask: `PATCH ${one('v1', 'rewritten')}`, body: {} },
    { ask: `PATCH ${one('v1', 'touched')}`, body: { metadata: { labels: { b: 'c' } } } },
    {
      ask: `POST ${at(plural, 'v1')}`,
      body: named(kindOf(plural), 'newer'),
    },
    ...read('v1'),
    ...read('v2'),
    changed(plural, { versions: [withField('v2', 'late', { storage: true })] }),
    storedIn(plural, 'v1'),
    storedIn(plural, 'v2', 'v1'),
    storedIn(plural, 'v2'),
    changed(plural, {
      versions: [of('v1', { served: false }), withField('v2', 'later', { storage: true })],
    }),
    probed(plural, 'v2', 'later'),
    { ask: `GET ${one('v1', 'newer')}` },
    ...read('v2'),
    changed(plural, { versions: [withField('v2', 'last', { storage: true })] }),
    probed(plural, 'v2', 'last'),
    ...read('v2'),
    { ask: `PATCH ${one('v2', 'old')}`, body: { spec: { n: 3 } } },
    { ask: `PATCH ${one('v2', 'newer')}`, body: { spec: { n: 3 } } },
    { ask: `DELETE ${one('v2', 'old')}`, shows: ['status'] },
    changed(plural, { versions: [of('v1'), withField('v2', 'again', { storage: true })] }),
    probed(plural, 'v2', 'again'),
    ...read('v1'),
  ];
};

const strategies: Step[] = [
  ...ready('strategies', { names: { plural: 'strategies', kind: 'Strategy' } }),
  { ask: `POST ${at('strategies', 'v1')}`, body: named('Strategy', 'one') },
  { ask: `GET ${at('strategies', 'v2')}/one` },
  changed('strategies', webhook(HOOK)),
  {
    ask: `GET ${at('strategies', 'v2')}/one`,
    until: ({ spec }) => (spec as Json)['other'] !== undefined,
  },
  { ask: `PATCH ${at('strategies', 'v2')}/one`, body: { spec: { n: 2 } } },
  changed('strategies', webhook({ ...HOOK, url: `${HOOKS}/allow` })),
  { ask: `GET ${at('strategies', 'v2')}/one`, until: 500 },
  { ask: `PATCH ${at('strategies', 'v2')}/one`, body: { spec: { n: 2 } } },
  { ask: `GET ${at('strategies', 'v1')}/one` },
  changed('strategies', { conversion: { strategy: 'None' } }),
  changed('strategies', { conversion: { strategy: 'None', webhook: null } }),
  { ask: `GET ${at('strategies', 'v2')}/one`, until: 200 },
  changed('strategies', { conversion: null }),
];

const flips: Step[] = [
  ...ready('flips', {}),
  { ask: `POST ${at('flips', 'v1')}`, body: named('Flip', 'one') },
  changed('flips', { versions: [of('v1', { storage: true, served: false }), of('v2')] }),
  { ask: `GET ${at('flips', 'v1')}`, until: 404 },
  { ask: `GET ${at('flips', 'v2')}/one` },
  { ask: `PATCH ${at('flips', 'v2')}/one`, body: { spec: { n: 2 } } },
  changed('flips', {
    versions: [of('v1', { storage: true, served: false }), of('v2', { served: false })],
  }),
  { ask: `GET ${at('flips', 'v2')}`, until: 404 },
  { ask: `GET ${crd('flips')}`, shows: ['status.conditions'] },
  changed('flips', { versions: [of('v3'), of('v2'), of('v1', { storage: true })] }),
  { ask: `GET ${at('flips', 'v3')}/one`, until: 200 },
  { ask: `GET ${at('flips', 'v1')}/one` },
  changed('flips', { versions: [of('v1', { storage: true })] }),
  { ask: `GET ${at('flips', 'v3')}`, until: 404 },
  { ask: `GET ${at('flips', 'v1')}/one` },
];

const held = { metadata: { name: 'held', finalizers: ['story.example.com/held'] } };
const terminating = ({ status }: Json): boolean =>
  JSON.stringify(status).includes('InstanceDeletionInProgress');
const ends: Step[] = [
  ...ready('ends', {}),
  { ask: `POST ${at('ends', 'v1')}`, body: named('End', 'held', held) },
  { ask: `POST ${at('ends', 'v1')}`, body: named('End', 'free') },
  { ask: `DELETE ${crd('ends')}`, shows: ['kind', 'status.acceptedNames'] },
  { ask: `GET ${crd('ends')}`, until: terminating, shows: ['status', 'metadata.finalizers'] },
  { ask: `GET ${at('ends', 'v1')}/free`, until: 404 },
  { ask: `GET ${at('ends', 'v2')}/held`, shows: ['metadata.finalizers', 'spec'] },
  { ask: `POST ${at('ends', 'v1')}`, body: named('End', 'late'), until: 403 },
  {
    ask: `POST ${at('ends', 'v1')}`,
    body: { ...named('End', 'late'), metadata: { generateName: 'x-' } },
  },
  {
    ask: `PATCH ${at('ends', 'v1')}/late?fieldManager=x`,
    type: APPLY,
    body: { apiVersion: `${GROUP}/v1`, kind: 'End', metadata: { name: 'late' } },
  },
  {
    ask: `POST ${DEFINITIONS}`,
    body: {
      ...definition('ends'),
      spec: {
        ...(definition('ends')['spec'] as Json),
        versions: [of('v1', { storage: true }), of('v2')],
      },
    },
  },
  {
    ask: `PATCH ${crd('ends')}`,
    body: { spec: { names: { shortNames: ['en'] } } },
    shows: ['spec.names'],
  },
  {
    ask: `PATCH ${at('ends', 'v1')}/held`,
    body: { spec: { n: 1 } },
    shows: ['spec', 'metadata.finalizers'],
  },
  {
    ask: `PATCH ${at('ends', 'v1')}/held`,
    body: { metadata: { finalizers: null } },
    shows: ['spec', 'metadata.finalizers', 'metadata.generation'],
  },
  { ask: `GET ${crd('ends')}`, until: 404 },
  ...ready('ends', { scope: 'Cluster' }).map((step) => ({
    ...step,
    ask: step.ask.replace('namespaces/default/', ''),
  })),
  { ask: `GET /apis/${GROUP}/v1/ends`, shows: ['items'] },
  { ask: `GET ${at('ends', 'v1')}` },
  { ask: `POST /apis/${GROUP}/v1/ends`, body: named('End', 'cluster') },
  {
    ask: `PATCH ${crd('ends')}`,
    body: { metadata: { finalizers: [] } },
    shows: ['metadata.finalizers'],
  },
  { ask: `DELETE ${crd('ends')}`, shows: ['kind', 'status'] },
  { ask: `GET ${crd('ends')}`, until: 404 },
];

export const convertedStories: readonly Story[] = [
  { title: 'conversions: lies', steps: lied('lies', ['v1']) },
  { title: 'conversions: lies of an older webhook', steps: lied('olds', ['v1beta1', 'v1']) },
  { title: 'conversions: the storage version moves', steps: migration('moveds', {}) },
  {
    title: 'conversions: the storage version moves, with a webhook',
    steps: migration('hookeds', webhook(HOOK)),
  },
  { title: 'conversions: strategies', steps: strategies },
  { title: 'conversions: versions that are served and not', steps: flips },
  { title: 'a definition: ends with its objects, and comes again', steps: ends },
];
