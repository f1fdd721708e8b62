/** Owners of fields who wrote in a version that is no more, or that never was. */
import { DEFINITIONS, established, version } from './definitions.ts';
import { object, string } from './schemas.ts';
import { APPLY, given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const GROUP = 'story.example.com';
const of = (name: string, more: Json = {}): Json =>
  version(name, more, object({ a: string, b: string, c: string, d: string }));
const at = (name: string): string => `/apis/${GROUP}/${name}/namespaces/default/heirs`;

const shows = ['spec'];
const heir = (name: string, inVersion: string, more: Json): Json => ({
  apiVersion: `${GROUP}/${inVersion}`,
  kind: 'Heir',
  ...more,
  metadata: { name, ...(more['metadata'] as Json | undefined) },
});
const applied = (by: string, inVersion: string, field: Json): Step => ({
  ask: `PATCH ${at(inVersion)}/one?fieldManager=${by}&force=true`,
  type: APPLY,
  body: heir('one', inVersion, { spec: { field } }),
  shows,
});
/** Tells of others who own fields, where there are any. */
const competing: Step = {
  ...applied('rival', 'v2', { a: '?', b: '?', c: '?', d: '?' }),
  ask: `PATCH ${at('v2')}/one?fieldManager=rival`,
};
const patched = (by: string, body: Json, to = `${at('v2')}/one`): Step => ({
  ask: `PATCH ${to}?fieldManager=${by}`,
  body,
  shows,
});
const owner = (by: string, apiVersion: string): Json => ({
  ...{ manager: by, operation: 'Update', apiVersion, fieldsType: 'FieldsV1' },
  fieldsV1: { 'f:spec': { 'f:field': { 'f:d': {} } } },
});
const owned = (...managedFields: readonly Json[]): Json => ({ metadata: { managedFields } });

/** What is written where one of two versions of which each had its owners is gone. */
const heirs: Step[] = [
  ...established('heirs', { versions: [of('v1'), of('v2', { storage: true })] }),
  { ...given(`GET ${at('v1')}`), until: 200 },
  { ...given(`GET ${at('v2')}`), until: 200 },
  applied('one', 'v1', { a: 'x' }),
  patched('two', { spec: { field: { b: 'x' } } }, `${at('v1')}/one`),
  applied('three', 'v2', { c: 'x' }),
  competing,
  {
    ask: `PATCH ${DEFINITIONS}/heirs.${GROUP}`,
    body: { spec: { versions: [of('v2', { storage: true })] } },
    shows: ['status.storedVersions'],
  },
  { ask: `GET ${at('v1')}`, until: 404 },
  applied('one', 'v2', { a: 'y' }),
  competing,
  // It changes nothing else, and yet nobody owns anything from then on.
  patched('five', { metadata: { labels: {} } }),
  competing,
  applied('one', 'v2', { a: 'y' }),
  patched('five', { spec: { field: { d: 'x' } } }),
  competing,
  ...[`${GROUP}/v0`, 'other.example.com/v2', 'v2', 'a/b/c'].flatMap((apiVersion): Step[] => [
    patched('six', owned(owner('six', apiVersion), owner('two', `${GROUP}/v2`))),
    competing,
    applied('seven', 'v2', { c: apiVersion }),
  ]),
];

/** Built-in kinds forget them. */
const maps: Step[] = ['v2', 'apps/v1', 'a/b/c'].flatMap((apiVersion, i): Step[] => {
  const map = `/api/v1/namespaces/default/configmaps/heir-${i}`;
  const entry = { ...owner('one', apiVersion), fieldsV1: { 'f:data': { 'f:a': {} } } };
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `heir-${i}` },
    data: { a: 'x' },
  };
  return [
    { ask: `PATCH ${map}?fieldManager=two`, type: APPLY, body, shows: ['data'] },
    { ...patched('three', owned(entry), map), shows: ['data'] },
    {
      ask: `PATCH ${map}?fieldManager=two`,
      type: APPLY,
      body: { ...body, data: { a: 'y' } },
      shows: ['data'],
    },
  ];
});

export const foreignOwnerStories: readonly Story[] = [
  { title: 'owners of fields in versions that are gone', steps: heirs },
  { title: 'owners of fields in versions that never were', steps: maps },
];
