/**
 * OpenAPI paths of one group version. Clients read more off them than one would think: kubectl
 * finds a kind's group version kind on its operations, and validates on the server only if the
 * PATCH operation lists the query parameter fieldValidation.
 */
import type { GroupVersionKind } from '../../api/schema/table.ts';
import { connectPaths } from './openapi-connects.ts';
import { type Operand, operationName } from './operation-names.ts';
import type { ServedResource, ServedSubresource, ServedVersion } from './served.ts';

/** A kind's name among the schemas: "io.k8s.api.apps.v1.Deployment". */
export type SchemaNames = (kind: GroupVersionKind) => string;

type Json = Readonly<Record<string, unknown>>;
type Operations = Record<string, Json>;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const STRATEGIC = 'application/strategic-merge-patch+json';
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  STRATEGIC,
  'application/apply-patch+yaml',
];

const query = (name: string, type: 'string' | 'boolean' | 'integer'): Json => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
});
const pathParameter = (name: string): Json => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', uniqueItems: true },
});

const pretty = query('pretty', 'string');
const write = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => query(name, 'string'));
const listing = [
  query('allowWatchBookmarks', 'boolean'),
  query('continue', 'string'),
  query('fieldSelector', 'string'),
  query('labelSelector', 'string'),
  query('limit', 'integer'),
  query('resourceVersion', 'string'),
  query('resourceVersionMatch', 'string'),
  query('sendInitialEvents', 'boolean'),
  query('timeoutSeconds', 'integer'),
  query('watch', 'boolean'),
];
const deletion = [
  query('dryRun', 'string'),
  query('gracePeriodSeconds', 'integer'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean'),
  query('orphanDependents', 'boolean'),
  query('propagationPolicy', 'string'),
];
const force = query('force', 'boolean');

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const bodyOf = (name: string, required = true): Json => ({
  content: { '*/*': { schema: reference(name) } },
  ...(required ? { required } : {}),
});
const patchBody = (types: readonly string[]): Json => ({
  content: Object.fromEntries(types.map((type) => [type, { schema: reference(`${META}.Patch`) }])),
  required: true,
});
/** kubectl chooses the patches that it sends by these. */
const patchBodies = {
  all: patchBody(patchTypes),
  withoutStrategic: patchBody(patchTypes.filter((type) => type !== STRATEGIC)),
};

interface OperationFacts {
  readonly action: string;
  readonly operand: Operand;
  readonly kind: GroupVersionKind;
  /** Schema of the answer. */
  readonly answers: string;
  readonly codes?: readonly number[];
  readonly parameters?: readonly Json[];
  readonly requestBody?: Json;
}

const reasons: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };

function operation(facts: OperationFacts): Json {
  const content = { 'application/json': { schema: reference(facts.answers) } };
  const answers = (facts.codes ?? [200]).map((code) => [
    String(code),
    { description: reasons[code], content },
  ]);
  return {
    ...operationName(facts.action, facts.operand),
    ...(facts.parameters === undefined ? {} : { parameters: facts.parameters }),
    ...(facts.requestBody === undefined ? {} : { requestBody: facts.requestBody }),
    responses: Object.fromEntries([...answers, ['401', { description: 'Unauthorized' }]]) as Json,
    'x-kubernetes-action': facts.action,
    // Of a custom resource's scale, too, its own is told.
    'x-kubernetes-group-version-kind': facts.operand.custom ? facts.operand.of : facts.kind,
  };
}

function operandOf(
  { kind, namespaced, strategicMerge, verbs }: ServedResource,
  more: Pick<Operand, 'subresource' | 'suffix'> = {},
): Operand {
  const watched = strategicMerge && verbs.includes('watch');
  return { of: kind, namespaced, custom: !strategicMerge, watched, ...more };
}

function collection(
  resource: ServedResource,
  nameOf: SchemaNames,
  operand = operandOf(resource),
): Operations {
  const { kind, verbs } = resource;
  const own = nameOf(kind);
  const operations: Operations = {};
  if (verbs.includes('list')) {
    const facts = { action: 'list', operand, kind, answers: `${own}List`, parameters: listing };
    operations['get'] = operation(facts);
  }
  if (verbs.includes('create')) {
    operations['post'] = operation({
      action: 'post',
      operand,
      kind,
      answers: own,
      codes: [200, 201, 202],
      parameters: write,
      requestBody: bodyOf(own),
    });
  }
  if (verbs.includes('deletecollection')) {
    operations['delete'] = operation({
      action: 'deletecollection',
      operand,
      kind,
      answers: `${META}.Status`,
      parameters: [...deletion, ...listing.filter(({ name }) => name !== 'watch')],
      requestBody: bodyOf(`${META}.DeleteOptions`, false),
    });
  }
  return operations;
}

interface Instance {
  readonly operand: Operand;
  readonly kind: GroupVersionKind;
  readonly verbs: readonly string[];
  readonly strategicMerge: boolean;
}

/** Operations on one object, or on one of its subresources. */
function instance(of: Instance, nameOf: SchemaNames): Operations {
  const { kind, verbs, operand } = of;
  const own = nameOf(kind);
  const common = { kind, operand, answers: own };
  const operations: Operations = {};
  if (verbs.includes('get')) operations['get'] = operation({ ...common, action: 'get' });
  if (verbs.includes('create')) {
    const [codes, requestBody] = [[200, 201, 202], bodyOf(own)];
    const facts = { ...common, codes, requestBody, parameters: write };
    operations['post'] = operation({ ...facts, action: 'post' });
  }
  if (verbs.includes('update')) {
    const facts = { ...common, codes: [200, 201], requestBody: bodyOf(own), parameters: write };
    operations['put'] = operation({ ...facts, action: 'put' });
  }
  if (verbs.includes('patch')) {
    const parameters = [...write, force];
    const requestBody = of.strategicMerge ? patchBodies.all : patchBodies.withoutStrategic;
    const facts = { ...common, codes: [200, 201], requestBody, parameters };
    operations['patch'] = operation({ ...facts, action: 'patch' });
  }
  if (verbs.includes('delete')) {
    const requestBody = bodyOf(`${META}.DeleteOptions`, false);
    const answers = `${META}.Status`;
    const facts = { kind, operand, answers, codes: [200, 202], requestBody };
    operations['delete'] = operation({ ...facts, action: 'delete', parameters: deletion });
  }
  return operations;
}

/** One object's verbs: it is created by a POST to its collection. */
const withoutCreate = (resource: ServedResource): Instance => ({
  operand: operandOf(resource),
  kind: resource.kind,
  strategicMerge: resource.strategicMerge,
  verbs: resource.verbs.filter((verb) => verb !== 'create'),
});

function subresourcePaths(
  base: string,
  { resource, sub, named }: { resource: ServedResource; sub: ServedSubresource; named: Json[] },
  nameOf: SchemaNames,
): [string, Json][] {
  const operand = operandOf(resource, { subresource: sub.name });
  if (sub.carries !== undefined) return connectPaths(base, { ...sub, operand }, named);
  const { strategicMerge } = resource;
  const operations = instance({ ...sub, operand, strategicMerge }, nameOf);
  return [[`${base}/{name}/${sub.name}`, { ...operations, parameters: named }]];
}

function resourcePaths(
  root: string,
  resource: ServedResource,
  nameOf: SchemaNames,
): [string, Json][] {
  const namespace = resource.namespaced ? [pathParameter('namespace')] : [];
  const below = resource.namespaced ? `${root}/namespaces/{namespace}` : root;
  const base = `${below}/${resource.name}`;
  const named = [pathParameter('name'), ...namespace, pretty];
  const paths: [string, Json][] = [
    [base, { ...collection(resource, nameOf), parameters: [...namespace, pretty] }],
    [`${base}/{name}`, { ...instance(withoutCreate(resource), nameOf), parameters: named }],
    ...resource.subresources.flatMap((sub) =>
      subresourcePaths(base, { resource, sub, named }, nameOf),
    ),
  ];
  if (resource.namespaced && resource.verbs.includes('list')) {
    const everywhere = operandOf(resource, { suffix: 'ForAllNamespaces' });
    const { get } = collection(resource, nameOf, everywhere);
    paths.push([`${root}/${resource.name}`, { get, parameters: [pretty] }]);
  }
  return paths;
}

/** Paths without any operation are left out. */
export function openApiPaths(version: ServedVersion, nameOf: SchemaNames): Json {
  const root =
    version.group === '' ? `/api/${version.version}` : `/apis/${version.group}/${version.version}`;
  const paths = version.resources.flatMap((resource) => resourcePaths(root, resource, nameOf));
  const withOperations = paths.filter(([, item]) => Object.keys(item).length > 1);
  return Object.fromEntries(withOperations);
}
