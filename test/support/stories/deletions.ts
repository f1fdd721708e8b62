/** What lets an object go, what keeps it, and what who asks is told of it. */
import { core, namespace } from './admission.ts';
import { given, type Step, type Story } from './story.ts';
import { named } from './subresources.ts';

type Json = Readonly<Record<string, unknown>>;

const CONFIG_MAPS = core('deletions', 'configmaps');
const PODS = core('deletions', 'pods');
const JSON_PATCH = 'application/json-patch+json';

const KEPT = ['metadata'];
const held = (name: string, finalizers: readonly string[] = ['example.com/a']): Step =>
  given(`POST ${CONFIG_MAPS}`, { metadata: { name, finalizers } });
const deleted = (at: string, body?: Json): Step => ({ ask: `DELETE ${at}`, body, shows: KEPT });
const read = (at: string): Step => ({ ask: `GET ${at}`, shows: KEPT });
const patched = (at: string, metadata: Json): Step => ({
  ask: `PATCH ${at}`,
  body: { metadata },
  shows: KEPT,
});

const graces: Story = {
  title: 'deletions: grace that is asked for, and again',
  steps: [
    namespace('deletions'),
    ...[{}, { terminationGracePeriodSeconds: 0 }, { terminationGracePeriodSeconds: 5 }].flatMap(
      (spec, n) =>
        [undefined, 0, 30, 100, -1, 2_147_483_648].flatMap((gracePeriodSeconds, m) => {
          const name = `p${n}${m}`;
          const at = `${PODS}/${name}`;
          const first = gracePeriodSeconds === undefined ? undefined : { gracePeriodSeconds };
          return [
            given(`POST ${PODS}`, named(name, { nodeName: 'n', ...spec })),
            deleted(at, first),
            ...[20, 10, 50, -1, 0].map((again) => deleted(at, { gracePeriodSeconds: again })),
            read(at),
          ];
        }),
    ),
    given(`POST ${PODS}`, named('done', { nodeName: 'n' })),
    given(`PATCH ${PODS}/done/status`, { status: { phase: 'Succeeded' } }),
    deleted(`${PODS}/done`),
    given(`POST ${PODS}`, named('nowhere')),
    deleted(`${PODS}/nowhere`, { gracePeriodSeconds: 7 }),
  ],
};

const POLICIES: readonly (Json | undefined)[] = [
  undefined,
  { propagationPolicy: 'Foreground' },
  { propagationPolicy: 'Background' },
  { propagationPolicy: 'Orphan' },
  { orphanDependents: true },
  { orphanDependents: false },
];
const HOLDERS = [['orphan'], ['foregroundDeletion'], ['example.com/a', 'orphan', 'example.com/b']];

const policies: Story = {
  title: 'deletions: policies, one after the other',
  steps: POLICIES.flatMap((policy, n) =>
    HOLDERS.flatMap((finalizers, m) => {
      const name = `policy${n}${m}`;
      const at = `${CONFIG_MAPS}/${name}`;
      const others = POLICIES.filter((other) => other !== undefined);
      const again = others.map((other) => deleted(at, other));
      return [held(name, finalizers), deleted(at, policy), ...again, read(at)];
    }),
  ),
};

const letGo: Story = {
  title: 'deletions: who lets go is told what became of it',
  steps: [
    held('patched'),
    deleted(`${CONFIG_MAPS}/patched`),
    patched(`${CONFIG_MAPS}/patched`, { finalizers: ['example.com/a', 'example.com/b'] }),
    patched(`${CONFIG_MAPS}/patched`, { deletionTimestamp: null, labels: { a: 'b' } }),
    patched(`${CONFIG_MAPS}/patched?dryRun=All`, { finalizers: null }),
    patched(`${CONFIG_MAPS}/patched`, { finalizers: null, labels: { a: 'c' } }),
    read(`${CONFIG_MAPS}/patched`),
    held('replaced'),
    deleted(`${CONFIG_MAPS}/replaced`),
    {
      ask: `PUT ${CONFIG_MAPS}/replaced`,
      body: { metadata: { name: 'replaced' }, data: { a: 'b' } },
    },
    read(`${CONFIG_MAPS}/replaced`),
    held('shortened', ['example.com/a', 'example.com/b']),
    deleted(`${CONFIG_MAPS}/shortened`),
    ...[1, 2, 3].map(() => ({
      ask: `PATCH ${CONFIG_MAPS}/shortened`,
      body: [{ op: 'remove', path: '/metadata/finalizers/0' }],
      type: JSON_PATCH,
      shows: KEPT,
    })),
    given(`POST ${PODS}`, named('waits', { nodeName: 'n' })),
    deleted(`${PODS}/waits`),
    patched(`${PODS}/waits`, { deletionGracePeriodSeconds: 0 }),
    patched(`${PODS}/waits`, { deletionGracePeriodSeconds: null }),
    held('lives'),
    patched(`${CONFIG_MAPS}/lives`, { deletionGracePeriodSeconds: 5 }),
    patched(`${CONFIG_MAPS}/lives`, { deletionTimestamp: '2020-01-01T00:00:00Z' }),
  ],
};

const NUMBERS = ['', 'x', '%2B1', '-1', '1.5', '99999999999999999999'];
const QUERIES = [
  ...['gracePeriodSeconds', 'limit', 'timeoutSeconds'].flatMap((name) =>
    NUMBERS.map((value) => `${name}=${value}`),
  ),
  ...['propagationPolicy=', 'propagationPolicy=orphan', 'orphanDependents=', 'dryRun=', 'dryRun=x'],
  ...['dryRun=All&dryRun=', 'dryRun=All&dryRun=All', 'uid=', 'resourceVersion=', 'uid=x'],
];

const queries: Story = {
  title: 'deletions: empty and odd values in a query',
  steps: [
    ...QUERIES.flatMap((query) => [
      { ask: `DELETE ${CONFIG_MAPS}/missing?${query}` },
      { ask: `DELETE ${CONFIG_MAPS}?labelSelector=nothing&${query}`, shows: ['items'] },
    ]),
    ...NUMBERS.flatMap((value) => [
      { ask: `GET ${CONFIG_MAPS}?labelSelector=nothing&limit=${value}`, shows: ['items'] },
      { ask: `GET ${CONFIG_MAPS}?labelSelector=nothing&timeoutSeconds=${value}`, shows: ['items'] },
    ]),
    ...['POST', 'PUT'].map((method) => ({
      ask: `${method} ${CONFIG_MAPS}${method === 'PUT' ? '/lives' : ''}?dryRun=`,
      body: { metadata: { name: 'lives' } },
    })),
    { ask: `PATCH ${CONFIG_MAPS}/lives?dryRun=`, body: {} },
    ...[[''], ['All', ''], ['x'], []].map((dryRun) => ({
      ask: `DELETE ${CONFIG_MAPS}/missing`,
      body: { dryRun },
    })),
  ],
};

export const deletionStories: readonly Story[] = [graces, policies, letGo, queries];
