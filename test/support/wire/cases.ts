/** Forms of answers, methods, paths and queries; and all cases. */
import { bodyCases, named, typeCases } from './bodies.ts';
import { applyCases, patchCases } from './patches.ts';
import {
  ask,
  CONFIG_MAPS,
  JSON_TYPE,
  MERGE,
  PROTOBUF,
  TRY,
  wire,
  type WireCase,
  WIRES,
  YAML_TYPE,
} from './requests.ts';

const accepts = [
  'text/plain',
  'text/html',
  'application/xml, text/html',
  'application/xml, */*;q=0.1',
  'application/*',
  '*/*',
  'application/json;q=0',
  'application/json;pretty=1',
  'application/cbor',
  'application/yaml',
  'text/yaml',
  PROTOBUF,
  'application/json;as=Table',
  'application/json;as=Table;g=meta.k8s.io',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
  'application/json;as=Table;v=v2;g=meta.k8s.io',
  'application/json;as=Table;v=v1;g=apps',
  'application/json;as=Other;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v2;g=meta.k8s.io',
  'application/json;stream=watch',
  'application/json;stream=other',
  'application/json;sv=v1',
  'application/json;unheard=1',
  'application/yaml;as=Table;v=v1;g=meta.k8s.io',
  `${PROTOBUF};as=Table;v=v1;g=meta.k8s.io`,
  `${PROTOBUF};as=Table;v=v1;g=meta.k8s.io, application/json`,
];

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

const acceptCases: readonly WireCase[] = [
  ...accepts
    .filter((accept) => accept !== PROTOBUF)
    .flatMap((accept) => [
      ask('GET', `${CONFIG_MAPS}/wire`, { accept }),
      ask('GET', `${CONFIG_MAPS}?fieldSelector=metadata.name=wire`, { accept }),
      ask('GET', `${WIRES}/wire`, { accept }),
      ask('GET', WIRES, { accept }),
    ]),
  ...['text/html', 'application/xml', table].flatMap((accept) => [
    ask('GET', `${CONFIG_MAPS}/missing`, { accept }),
    ask('GET', '/api/v1/namespaces/default/unheards', { accept }),
    ask('GET', `${wire}/scale`, { accept }),
    ask('GET', `${wire}/status`, { accept }),
    ask('POST', `${CONFIG_MAPS}${TRY}`, { type: JSON_TYPE, accept, body: named }),
    ask('POST', `${CONFIG_MAPS}${TRY}`, { type: JSON_TYPE, accept, body: '{' }),
    ask('POST', `${CONFIG_MAPS}${TRY}`, { type: 'text/plain', accept, body: '{' }),
    ask('PUT', `${CONFIG_MAPS}/wire${TRY}`, { type: JSON_TYPE, accept, body: '{' }),
    ask('PATCH', `${CONFIG_MAPS}/wire${TRY}`, { type: MERGE, accept, body: '{}' }),
    ask('PATCH', `${CONFIG_MAPS}/wire${TRY}`, { type: 'text/plain', accept, body: '{}' }),
    ask('DELETE', `${CONFIG_MAPS}/missing${TRY}`, { accept }),
    ask('DELETE', `${CONFIG_MAPS}${TRY}&labelSelector=a%3Db`, { accept }),
    ask('GET', `${CONFIG_MAPS}?limit=x`, { accept }),
    ask('GET', `/healthz`, { accept }),
    ask('GET', `/nowhere`, { accept }),
    ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      accept,
      type: JSON_TYPE,
      body: '{"spec":{"nonResourceAttributes":{}}}',
    }),
  ]),
  ask('GET', `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=1`, {
    accept: 'application/yaml',
  }),
  ask('GET', `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=1`, { accept: 'text/html' }),
  ask('GET', `${CONFIG_MAPS}?includeObject=Some`, { accept: table }),
  ask('GET', `${CONFIG_MAPS}/wire?includeObject=Some`, { accept: table }),
];

const methods = ['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'LINK', 'POST', 'PUT', 'PATCH', 'DELETE'];
const paths = [
  CONFIG_MAPS,
  `${CONFIG_MAPS}/wire`,
  `${CONFIG_MAPS}/missing`,
  '/api/v1/configmaps',
  '/api/v1/namespaces',
  '/api/v1/namespaces/default/finalize',
  '/api/v1/namespaces/default/unheards',
  '/api/v1/namespaces/default/unheards/x',
  '/api/v1/namespaces/default/configmaps/wire/status',
  `${wire}/status`,
  `${wire}/scale`,
  `${wire}/unheard`,
  WIRES,
  `${WIRES}/wire`,
  `${WIRES}/wire/scale`,
  '/apis/wire.example.com/v1/wires',
  '/apis/wire.example.com/v2/namespaces/default/wires',
  '/apis/unheard.example.com/v1/things',
  '/api/v1/namespaces/default/pods/wire/log',
  '/api/v1/namespaces/default/serviceaccounts/default/token',
  '/apis/authorization.k8s.io/v1/subjectaccessreviews',
  '/apis/authorization.k8s.io/v1/subjectaccessreviews/x',
  '/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews',
  '/api/v1/componentstatuses',
  '/api',
  '/api/v1',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/apis/apps/v9',
  '/apis/unheard.example.com',
  '/version',
  '/healthz',
  '/readyz/ping',
  '/livez/unheard',
  '/openapi/v3',
  '/openapi/v3/api/v1',
  '/openapi/v2',
  '/metrics',
  '/',
  '/nowhere',
  '/logs',
];

/** docs/COMPATIBILITY.md, Messages on the wire. */
const tellOtherwise = new Set([
  `PATCH ${WIRES}`,
  'POST /apis/authorization.k8s.io/v1/subjectaccessreviews',
  'POST /apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews',
]);

const methodCases: readonly WireCase[] = methods.flatMap((method) =>
  paths
    .filter((path) => !tellOtherwise.has(`${method} ${path}`))
    .map((path) =>
      ask(method, `${path}${path.startsWith('/api') ? TRY : ''}`, {
        type: JSON_TYPE,
        ...(['POST', 'PUT', 'PATCH'].includes(method) ? { body: '{}' } : {}),
      }),
    ),
);

const queries = [
  'limit=x',
  'limit=-1',
  'timeoutSeconds=x',
  'resourceVersion=x',
  'resourceVersion=-1',
  'resourceVersionMatch=Exact',
  'resourceVersionMatch=Some&resourceVersion=1',
  'resourceVersion=0&resourceVersionMatch=Exact',
  'continue=x',
  'continue=x&resourceVersion=1',
  'labelSelector=a%3D%3D%3Db',
  'labelSelector=a%20in%20b',
  'labelSelector=%21',
  'labelSelector=a%3D-',
  'fieldSelector=a',
  'fieldSelector=spec.unheard%3Dx',
  'fieldSelector=metadata.name%3Da%2Cmetadata.name%3Db',
  'fieldSelector=metadata.name%3E1',
  'sendInitialEvents=true',
  'sendInitialEvents=true&watch=1&timeoutSeconds=1',
  'allowWatchBookmarks=x',
  'pretty=x',
  'watch=1&resourceVersionMatch=Exact&resourceVersion=1&timeoutSeconds=1',
  'watch=1&resourceVersion=999999999&timeoutSeconds=1',
];

const queryCases: readonly WireCase[] = [
  ...queries.flatMap((query) => [
    ask('GET', `${CONFIG_MAPS}?fieldSelector=metadata.name%3Dwire&${query}`),
    ask('GET', `${WIRES}?${query}`),
  ]),
  ask('GET', `${CONFIG_MAPS}/%2e%2e`),
  ask('GET', `${CONFIG_MAPS}/a%25b`),
  ask('GET', `${CONFIG_MAPS}/wire/`),
  ask('GET', `/apis/apps/v1/deployments/x`),
  ask('POST', `${CONFIG_MAPS}?dryRun=Some`, { type: JSON_TYPE, body: named }),
  ask('POST', `${CONFIG_MAPS}?dryRun=All&fieldValidation=Some`, { type: JSON_TYPE, body: named }),
  ask('POST', `${CONFIG_MAPS}?dryRun=All&fieldManager=%0A`, { type: JSON_TYPE, body: named }),
  ask('DELETE', `${CONFIG_MAPS}/wire?gracePeriodSeconds=x`),
  ask('DELETE', `${CONFIG_MAPS}/wire?propagationPolicy=Some`),
  ask('DELETE', `${CONFIG_MAPS}/wire?dryRun=Some`),
  ask('DELETE', `${CONFIG_MAPS}/wire?orphanDependents=x&dryRun=All`),
  ask('GET', `/apis/events.k8s.io/v1/namespaces/default/events/missing`),
  ask('DELETE', `/apis/events.k8s.io/v1/namespaces/default/events/missing`),
  ask('GET', `/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers/missing`),
];

/** v2beta1 is left out: docs/COMPATIBILITY.md, Messages on the wire. */
const aggregated = 'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const documentForms = [
  ...[JSON_TYPE, YAML_TYPE, PROTOBUF, 'application/cbor', 'text/html', '*/*', 'application/*'],
  ...[JSON_TYPE, YAML_TYPE, PROTOBUF, 'application/cbor'].map((type) => `${type};${aggregated}`),
  ...[`${JSON_TYPE};${aggregated.replace('v2', 'v9')}`, `${JSON_TYPE};as=APIGroupDiscoveryList`],
  ...[table, `${table},${JSON_TYPE}`, `${JSON_TYPE};q=0`, `${JSON_TYPE};stream=watch`, 'garbage'],
  `${JSON_TYPE};q=0.1,${YAML_TYPE};q=0.9`,
];
const documents = ['/api', '/apis', '/api/v1', '/apis/apps', '/apis/apps/v1', '/version'];
const withSlashes = ['/healthz', '/livez', '/metrics', '/openapi/v2', '/apis/', '/apis', '/api/v1'];

const documentCases: readonly WireCase[] = [
  ...documents.flatMap((path) =>
    documentForms
      // What is refused in protobuf has no text to compare.
      .filter((accept) => path !== '/version' || !accept.startsWith(PROTOBUF))
      .map((accept) => ask('GET', path, { accept })),
  ),
  ...withSlashes.map((path) => ask('GET', `${path}/`)),
];

export const wireCases: readonly WireCase[] = [
  ...patchCases,
  ...applyCases,
  ...bodyCases,
  ...typeCases,
  ...acceptCases,
  ...methodCases,
  ...queryCases,
  ...documentCases,
];
