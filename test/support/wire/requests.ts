/**
 * Requests that go wrong on the wire, or ask for an unusual form of the answer: patches that do
 * not apply, broken bodies, media types, methods. `answers.jsonl` holds what kube-apiserver
 * 1.34.1 answers to them.
 */
export interface WireCase {
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

interface WireObject {
  readonly path: string;
  readonly object: object;
}

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const WIRES = '/apis/wire.example.com/v1/namespaces/default/wires';

const template = {
  metadata: { labels: { app: 'wire' } },
  spec: {
    containers: [
      { name: 'one', image: 'one', args: ['a', 'b'] },
      { name: 'two', image: 'two' },
    ],
  },
};

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'wires.wire.example.com' },
  spec: {
    group: 'wire.example.com',
    scope: 'Namespaced',
    names: { plural: 'wires', kind: 'Wire' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: { type: 'integer' },
                  names: { type: 'array', items: { type: 'string' } },
                },
              },
              status: { type: 'object', properties: { ready: { type: 'boolean' } } },
            },
          },
        },
      },
    ],
  },
};

/** What is there before the cases are played, in this order. None of them changes it. */
export const wireObjects: readonly WireObject[] = [
  { path: DEFINITIONS, object: definition },
  {
    path: CONFIG_MAPS,
    object: { metadata: { name: 'wire' }, data: { a: '1' } },
  },
  {
    path: DEPLOYMENTS,
    object: {
      metadata: { name: 'wire' },
      spec: { replicas: 1, selector: { matchLabels: { app: 'wire' } }, template },
    },
  },
  {
    path: WIRES,
    object: {
      apiVersion: 'wire.example.com/v1',
      kind: 'Wire',
      metadata: { name: 'wire' },
      spec: { size: 1, names: ['a'] },
    },
  },
];

export const JSON_TYPE = 'application/json';
export const YAML_TYPE = 'application/yaml';
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
export const JSON_PATCH = 'application/json-patch+json';
export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const APPLY = 'application/apply-patch+yaml';

interface Sent {
  readonly type?: string;
  readonly accept?: string;
  readonly body?: unknown;
  readonly more?: Readonly<Record<string, string>>;
}

export function ask(
  method: string,
  path: string,
  { type, accept, body, more }: Sent = {},
): WireCase {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const headers = {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(accept === undefined ? {} : { accept }),
    ...more,
  };
  const shown = [type, accept && `→ ${accept}`, text && text.slice(0, 60)].filter(Boolean);
  return { title: [method, path, ...shown].join(' '), method, path, headers, body: text };
}

export const TRY = '?dryRun=All';
export const modes = ['Ignore', 'Warn', 'Strict'];

export const wire = `${DEPLOYMENTS}/wire`;
