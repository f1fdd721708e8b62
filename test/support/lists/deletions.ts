/** Deletes of an object, and of collections, with all that bodies and queries may ask of them. */
import { enveloped, messageOf } from '../../../api/protobuf/envelope.ts';
import { ask, CONFIG_MAPS, create, pod, PODS, type Scene, thing, THINGS } from './scene.ts';
import type { ListServer } from './server.ts';
import { told, type Told } from './told.ts';

export interface Deletion {
  readonly place: string;
  /** One object by its name; absent: those of a label, of which there are three. */
  readonly query?: string;
  readonly collection?: boolean;
  readonly finalizers?: readonly string[];
  readonly type?: string;
  /** With `$uid` and `$version` for those of the object. Of protobuf: the options as JSON. */
  readonly body?: string;
}

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const OPTIONS = { kind: 'DeleteOptions', apiVersion: 'v1' };

const bodies: readonly object[] = [
  {},
  { preconditions: {} },
  { preconditions: { uid: '$uid' } },
  { preconditions: { uid: 'other' } },
  { preconditions: { uid: '' } },
  { preconditions: { resourceVersion: '$version' } },
  { preconditions: { resourceVersion: '1' } },
  { preconditions: { resourceVersion: 'x' } },
  { preconditions: { resourceVersion: '' } },
  { preconditions: { resourceVersion: '0' } },
  { preconditions: { uid: 'other', resourceVersion: '1' } },
  { preconditions: { uid: '$uid', resourceVersion: '1' } },
  { preconditions: { uid: 'other' }, dryRun: ['All'] },
  { propagationPolicy: 'Foreground' },
  { propagationPolicy: 'Background' },
  { propagationPolicy: 'Orphan' },
  { propagationPolicy: '' },
  { propagationPolicy: 'Orphan', orphanDependents: true },
  { propagationPolicy: 'Some', orphanDependents: false },
  { propagationPolicy: 'Foreground', dryRun: ['All'] },
  { orphanDependents: true },
  { orphanDependents: false },
  { gracePeriodSeconds: 0 },
  { gracePeriodSeconds: 1 },
  { gracePeriodSeconds: -1 },
  { gracePeriodSeconds: -5 },
  { gracePeriodSeconds: 5_000_000_000 },
  { gracePeriodSeconds: 10, dryRun: ['All'] },
  { dryRun: ['All'] },
  { dryRun: ['All', 'All'] },
  { dryRun: ['Some'], propagationPolicy: 'Some' },
  { dryRun: [] },
  { ignoreStoreReadErrorWithClusterBreakingPotential: true },
  { ignoreStoreReadErrorWithClusterBreakingPotential: true, propagationPolicy: 'Foreground' },
  { ignoreStoreReadErrorWithClusterBreakingPotential: false },
  { ignoreStoreReadErrorWithClusterBreakingPotential: true, dryRun: ['All'] },
];

const texts: readonly string[] = [
  ...['{}', '{', 'x', 'null', '[]', '5', '"x"', ' ', '{"a":', '{} {}', '{}\n---\n{}'],
  ...bodyOf([
    { kind: 'DeleteOptions' },
    { apiVersion: 'v1' },
    { apiVersion: 'apps/v1' },
    { ...OPTIONS, apiVersion: 'meta.k8s.io/v1' },
    { ...OPTIONS, apiVersion: 'meta.k8s.io/v1beta1' },
    { ...OPTIONS, apiVersion: 'apps/v1' },
    { ...OPTIONS, apiVersion: 'apps/v9' },
    { ...OPTIONS, apiVersion: 'lists.example.com/v1' },
    { ...OPTIONS, apiVersion: 'a/b/c' },
    { ...OPTIONS, kind: 'deleteoptions' },
    { kind: 'Pod', apiVersion: 'v1' },
    { kind: 'ListOptions', apiVersion: 'v1' },
    { kind: 'Thing', apiVersion: 'lists.example.com/v1' },
    { kind: 'Unheard', apiVersion: 'v1' },
    { kind: 'List', apiVersion: 'v1' },
    { kind: 5 },
    { apiVersion: 5 },
    { kind: null, apiVersion: null },
    { preconditions: null },
    { preconditions: 'x' },
    { preconditions: [] },
    { preconditions: { uid: 5 } },
    { preconditions: { unheard: 5 } },
    { gracePeriodSeconds: '5' },
    { gracePeriodSeconds: 1.5 },
    { gracePeriodSeconds: null },
    { gracePeriodSeconds: true },
    { orphanDependents: 'true' },
    { orphanDependents: 1 },
    { propagationPolicy: 5 },
    { propagationPolicy: null },
    { dryRun: 'All' },
    { dryRun: null },
    { dryRun: [null] },
    { dryRun: [5] },
    { Propagationpolicy: 'Some' },
    { unheard: { a: 1 } },
  ]),
  '{"gracePeriodSeconds":0,"gracePeriodSeconds":5}',
];

function bodyOf(values: readonly object[]): string[] {
  return values.map((value) => JSON.stringify(value));
}

const yamls = [
  'propagationPolicy: Some\n',
  'kind: Pod\napiVersion: v1\n',
  'text',
  '- a\n',
  'preconditions: {uid: other}\n',
  'gracePeriodSeconds: "5"\n',
  'a: 1\n---\nb: 2\n',
  '',
  '\n',
  '# nothing\n',
];

const named: readonly Deletion[] = [
  ...[CONFIG_MAPS, THINGS, PODS].flatMap((place) => [
    { place },
    ...bodyOf(bodies).map((body) => ({ place, type: JSON_TYPE, body })),
    ...texts.map((body) => ({ place, type: JSON_TYPE, body })),
    ...[YAML_TYPE, JSON_TYPE].flatMap((type) => yamls.map((body) => ({ place, type, body }))),
    ...bodyOf(bodies).map((body) => ({ place, type: YAML_TYPE, body })),
    ...bodyOf(bodies).map((body) => ({ place, type: PROTOBUF, body })),
    ...['application/json; charset=utf-8', 'application/cbor', 'text/plain', ''].map((type) => ({
      ...{ place, type },
      body: JSON.stringify({ preconditions: { uid: 'other' } }),
    })),
    ...bodyOf(bodies.slice(10, 24)).map((body) => ({
      ...{ place, type: JSON_TYPE, body },
      query: 'propagationPolicy=Some&gracePeriodSeconds=x&dryRun=Some',
    })),
  ]),
  ...bodyOf(bodies).flatMap((body) =>
    [['example.com/a'], ['orphan'], ['foregroundDeletion']].map((finalizers) => ({
      ...{ place: CONFIG_MAPS, type: JSON_TYPE, body, finalizers },
    })),
  ),
  ...[
    ...['ignoreStoreReadErrorWithClusterBreakingPotential=true', 'kind=Pod', 'apiVersion=v9'],
    ...[
      'preconditions=x',
      'orphanDependents=true&propagationPolicy=Orphan',
      'orphanDependents=false',
    ],
    ...['gracePeriodSeconds=-1', 'gracePeriodSeconds=99999999999', 'dryRun=All', 'pretty=true'],
    ...['propagationPolicy=Foreground&propagationPolicy=Orphan', 'unheard=1'],
  ].flatMap((query) => [CONFIG_MAPS, THINGS, PODS].map((place) => ({ place, query }))),
];

const queries = [
  ...['', 'limit=1', 'limit=2', 'limit=0', 'limit=-1', 'limit=x', 'limit=1&continue=garbage'],
  ...['continue=$token(good)', 'limit=1&continue=$token(newest)', 'continue=$token(expired)'],
  ...[
    'fieldSelector=metadata.name%3Dmissing',
    'fieldSelector=unheard%3Dx',
    'labelSelector=a%3D%3D%3Db',
  ],
  ...['resourceVersion=0', 'resourceVersion=$old', 'resourceVersion=x'],
  ...['resourceVersion=$old&resourceVersionMatch=Exact', 'resourceVersionMatch=Exact'],
  ...['resourceVersion=0&resourceVersionMatch=NotOlderThan', 'sendInitialEvents=true', 'watch=1'],
  ...[
    'watch=1&sendInitialEvents=true',
    'watch=1&resourceVersionMatch=NotOlderThan',
    'timeoutSeconds=0',
  ],
  ...['timeoutSeconds=x', 'allowWatchBookmarks=x', 'dryRun=All', 'dryRun=All&limit=1', 'dryRun=x'],
  ...['propagationPolicy=Orphan', 'propagationPolicy=Some', 'uid=other', 'resourceVersion=1'],
];

const collections: readonly Deletion[] = [
  ...[CONFIG_MAPS, THINGS, PODS].flatMap((place) =>
    queries.map((query) => ({ place, query, collection: true })),
  ),
  ...queries.map((query) => ({
    ...{ place: CONFIG_MAPS, query, collection: true, finalizers: ['example.com/a'] },
  })),
  ...[CONFIG_MAPS, THINGS].flatMap((place) =>
    [...bodyOf(bodies), ...texts].map((body) => ({
      ...{ place, body, type: JSON_TYPE, collection: true },
    })),
  ),
  ...bodyOf(bodies).map((body) => ({
    ...{ place: CONFIG_MAPS, body, type: PROTOBUF, collection: true },
  })),
];

export const deletions = [...named, ...collections];

const TOGETHER = 8;

export async function playDeletions(
  server: ListServer,
  scene: Scene,
  cases: readonly Deletion[],
): Promise<Told[]> {
  const answers: Told[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < cases.length; at = next++)
      answers[at] = await playDeletion(server, scene, { of: cases[at]!, at });
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return answers;
}

/** What is answered, and what is there afterwards. */
async function playDeletion(
  server: ListServer,
  scene: Scene,
  { of, at }: { readonly of: Deletion; readonly at: number },
): Promise<Told> {
  const { place, finalizers, collection } = of;
  const label = `${collection ? 'c' : 'n'}${at}`;
  const names = collection ? ['x', 'y', 'z'].map((end) => `${label}-${end}`) : [label];
  for (const name of names) {
    const metadata = { labels: { deleted: label }, ...(finalizers && { finalizers }) };
    const object =
      place === THINGS ? thing(name, metadata) : pod(name, metadata, { nodeName: 'n' });
    await create(
      server,
      place,
      place === CONFIG_MAPS ? { metadata: { name, ...metadata } } : object,
    );
  }
  const { uid, resourceVersion } = await metadataOf(server, `${place}/${names[0]}`);
  const filled = (text: string): string =>
    text
      .replaceAll('$uid', uid!)
      .replaceAll('$version', resourceVersion!)
      .replace(/\$token\((\w+)\)/g, (_all, name: string) =>
        encodeURIComponent(scene.tokens.get(name)!),
      )
      .replace(/\$(old|future)/g, (_all, name: string) => scene.versions.get(name)!);
  const selector =
    collection && !of.query?.includes('labelSelector') ? `labelSelector=deleted%3D${label}` : '';
  const query = [selector, of.query && filled(of.query)].filter(Boolean).join('&');
  const to = `${collection ? place : `${place}/${label}`}${query && `?${query}`}`;
  const body = of.body === undefined ? undefined : filled(of.body);
  const answer = await server.exchange('DELETE', to, {
    headers: of.type ? { 'content-type': of.type } : {},
    ...(body !== undefined && { body: of.type === PROTOBUF ? message(body) : body }),
  });
  const after = [];
  for (const name of names) after.push(keptTold(await metadataOf(server, `${place}/${name}`)));
  const text = [uid!, label, resourceVersion!].reduce(
    (all, value, i) => all.replaceAll(value, ['UID', 'NAME', 'VERSION'][i]!),
    answer.text,
  );
  const outcome = told({ code: answer.code, text }, scene);
  const masked = JSON.stringify(outcome)
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(resourceVersion!, 'VERSION');
  return [...(JSON.parse(masked) as Told), objectTold(text), ...after];
}

interface Metadata {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly finalizers?: readonly string[];
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
}

async function metadataOf(server: ListServer, path: string): Promise<Metadata> {
  const { code, body } = await ask(server, `GET ${path}`);
  return code === 200 ? body.metadata : {};
}

const keptTold = (metadata: Metadata | undefined): unknown => {
  if (metadata?.uid === undefined) return null;
  const { finalizers, deletionTimestamp, deletionGracePeriodSeconds: grace } = metadata;
  return [finalizers ?? [], deletionTimestamp !== undefined, grace ?? null];
};

function objectTold(text: string): unknown {
  try {
    const { kind, metadata } = JSON.parse(text) as { kind: string; metadata?: Metadata };
    return [kind, kind.endsWith('List') ? null : keptTold(metadata)];
  } catch {
    return null;
  }
}

const message = (text: string): Uint8Array => {
  const kind = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' };
  const bytes = messageOf(kind, JSON.parse(text) as object);
  return enveloped({ group: '', version: 'v1', kind: 'DeleteOptions' }, bytes);
};
