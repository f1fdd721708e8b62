/** Bodies that are none, and media types of bodies. */
import {
  ask,
  CONFIG_MAPS,
  DEPLOYMENTS,
  JSON_TYPE,
  MERGE,
  PROTOBUF,
  STRATEGIC,
  TRY,
  wire,
  type WireCase,
  WIRES,
  YAML_TYPE,
} from './requests.ts';

/** Bodies that are no object of any kind, or one of another. */
const bodies: readonly (string | object)[] = [
  '',
  '{',
  '{"a":1,}',
  '{} {}',
  'x',
  'null',
  '5',
  '[]',
  '"x"',
  'true',
  {},
  { kind: 'ConfigMap' },
  { apiVersion: 'v1' },
  { kind: 'Pod', apiVersion: 'v1' },
  { kind: 'ConfigMap', apiVersion: 'v2' },
  { kind: 'ConfigMap', apiVersion: 'apps/v1' },
  { kind: 'ConfigMap', apiVersion: 'a/b/c' },
  { kind: 5, apiVersion: 'v1' },
  { kind: 'Unheard', apiVersion: 'v1' },
  { kind: 'ConfigMap', apiVersion: 'v1', metadata: 'x' },
  { kind: 'ConfigMap', apiVersion: 'v1', metadata: {}, data: 5 },
  { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 5 } },
  { metadata: { name: 'wire', namespace: 'other' } },
  { metadata: { name: 'x', labels: { a: null } } },
  '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"},"data":{"a":"\\x"}}',
  '{"metadata":{"name":"x"},"data":{"a":"1","a":"2"}}',
  '{"metadata":{"name":"x"},"unheard":1}',
  '{"metadata":{"name":"x","labels":{"a":"b"}},"data":{"a":"1"},"binaryData":{"b":"*"}}',
];

const yamls: readonly string[] = [
  '',
  'text',
  '- a',
  'metadata: {name: x}\ndata: {a: 1}\n',
  'metadata: {name: x}\ndata: {a: "1", a: "2"}\n',
  'metadata:\n  name: x\nmetadata:\n  name: y\n',
  'metadata: {name: x}\nunheard: 1\n',
  'kind: Pod\napiVersion: v1\nmetadata: {name: x}\n',
  'metadata: {name: x}\n---\nmetadata: {name: y}\n',
];

const customs: readonly (string | object)[] = [
  '',
  '{',
  'null',
  '[]',
  {},
  { metadata: { name: 'x' } },
  { kind: 'Wire', metadata: { name: 'x' } },
  { apiVersion: 'wire.example.com/v1', metadata: { name: 'x' } },
  { apiVersion: 'wire.example.com/v2', kind: 'Wire', metadata: { name: 'x' } },
  { apiVersion: 'v1', kind: 'Wire', metadata: { name: 'x' } },
  { apiVersion: 'wire.example.com/v1', kind: 'Wire' },
  { apiVersion: 'wire.example.com/v1', kind: 'Wire', metadata: 5 },
  { apiVersion: 'wire.example.com/v1', kind: 'Wire', metadata: { name: 5 } },
  { apiVersion: 'wire.example.com/v1', kind: 'Wire', metadata: { name: 'x', labels: { a: 1 } } },
  { apiVersion: 'wire.example.com/v1', kind: 'Wire', metadata: { name: 'x' }, spec: { size: 'x' } },
  { apiVersion: 'wire.example.com/v1', kind: 'Wire', metadata: { name: 'x' }, spec: { more: 1 } },
  { apiVersion: 'wire.example.com/v1', kind: 'Wire', metadata: { name: 'x', unheard: 1 } },
];

export const bodyCases: readonly WireCase[] = [
  ...bodies.flatMap((body) => [
    ask('POST', `${CONFIG_MAPS}${TRY}`, { type: JSON_TYPE, body }),
    ask('POST', `${CONFIG_MAPS}${TRY}&fieldValidation=Strict`, { type: JSON_TYPE, body }),
    ask('PUT', `${CONFIG_MAPS}/wire${TRY}`, { type: JSON_TYPE, body }),
  ]),
  ...yamls.flatMap((body) => [
    ask('POST', `${CONFIG_MAPS}${TRY}`, { type: YAML_TYPE, body }),
    ask('POST', `${CONFIG_MAPS}${TRY}&fieldValidation=Strict`, { type: YAML_TYPE, body }),
    ask('PUT', `${CONFIG_MAPS}/wire${TRY}`, { type: YAML_TYPE, body }),
  ]),
  ...customs.flatMap((body) => [
    ask('POST', `${WIRES}${TRY}`, { type: JSON_TYPE, body }),
    ask('POST', `${WIRES}${TRY}&fieldValidation=Strict`, { type: JSON_TYPE, body }),
    ask('PUT', `${WIRES}/wire${TRY}`, { type: JSON_TYPE, body }),
    ask('PUT', `${WIRES}/wire/status${TRY}`, { type: JSON_TYPE, body }),
  ]),
  ...['', 'x', 'k8s\0', 'k8s\0xx', 'k8s\0\n\x02v1'].flatMap((body) => [
    ask('POST', `${CONFIG_MAPS}${TRY}`, { type: PROTOBUF, body }),
    ask('PUT', `${CONFIG_MAPS}/wire${TRY}`, { type: PROTOBUF, body }),
  ]),
  ...[
    '',
    '{',
    'x',
    '[]',
    '{}',
    '{"kind":"Other"}',
    '{"kind":"Pod","apiVersion":"v1"}',
    '{"unheard":1}',
    '{"propagationPolicy":"Some"}',
    '{"gracePeriodSeconds":"x"}',
    '{"preconditions":{"uid":"x"}}',
    '{"kind":"DeleteOptions","apiVersion":"v1","dryRun":["Some"]}',
    '{"kind":"DeleteOptions","apiVersion":"apps/v1","dryRun":["All"]}',
    '{"kind":"DeleteOptions","apiVersion":"apps/v2","dryRun":["All"]}',
    '{"orphanDependents":true,"propagationPolicy":"Orphan"}',
  ].flatMap((body) => [
    ask('DELETE', `${CONFIG_MAPS}/missing${TRY}`, { type: JSON_TYPE, body }),
    ask('DELETE', `${WIRES}/missing${TRY}`, { type: JSON_TYPE, body }),
    ask('DELETE', `${CONFIG_MAPS}${TRY}&labelSelector=a%3Db`, { type: JSON_TYPE, body }),
  ]),
];

const types = [
  'text/plain',
  'application/jsons',
  'application/json; charset=utf-8',
  'application/json;',
  'application/json; charset',
  'application/JSON',
  'application/cbor',
  'application/x-www-form-urlencoded',
  'nothing',
  '*/*',
  'text/yaml',
  'application/x-yaml',
  MERGE,
];

const patchTypes = [
  ...types,
  'application/merge-patch+json; charset=utf-8',
  'application/MERGE-patch+json',
  'application/apply-patch+cbor',
  'application/apply-patch+json',
];

export const named = '{"metadata":{"name":"x"}}';
const wired = '{"apiVersion":"wire.example.com/v1","kind":"Wire","metadata":{"name":"x"}}';

export const typeCases: readonly WireCase[] = [
  ...types.flatMap((type) => [
    ask('POST', `${CONFIG_MAPS}${TRY}`, { type, body: named }),
    ask('PUT', `${CONFIG_MAPS}/wire${TRY}`, { type, body: '{"metadata":{"name":"wire"}}' }),
    ask('DELETE', `${CONFIG_MAPS}/missing${TRY}`, { type, body: '{}' }),
    ask('POST', `${WIRES}${TRY}`, { type, body: wired }),
    ask('DELETE', `${WIRES}/missing${TRY}`, { type, body: '{}' }),
    ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      type,
      body: '{"spec":{"nonResourceAttributes":{}}}',
    }),
  ]),
  ask('POST', `${CONFIG_MAPS}${TRY}`, { body: named }),
  ...patchTypes.flatMap((type) => [
    ask('PATCH', `${wire}${TRY}`, { type, body: '{}' }),
    ask('PATCH', `${wire}/scale${TRY}`, { type, body: '{}' }),
    ask('PATCH', `${WIRES}/wire${TRY}`, { type, body: '{}' }),
  ]),
  ask('PATCH', `${wire}${TRY}`, { body: '{}' }),
  ask('PATCH', `${WIRES}/wire${TRY}`, { type: STRATEGIC, body: '{}' }),
  ask('PATCH', `${DEPLOYMENTS}/missing${TRY}`, { type: 'text/plain', body: '{}' }),
  ask('PATCH', `${WIRES}/missing${TRY}`, { type: STRATEGIC, body: '{}' }),
];
