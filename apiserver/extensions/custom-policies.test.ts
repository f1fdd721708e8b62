/** Admission policies on custom resources, in whatever version these are written. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import { kinds, mutatingPolicyKinds } from '../registry/kinds/index.ts';
import { CRDS } from '../../test/support/cron-tab.ts';
import { type RawApi, type RawAnswer, startRawApi } from '../../test/support/raw-api.ts';

type Json = Record<string, unknown>;

/** v1 has spec.host and spec.port, v2 has spec.address with both. */
function convert(object: Json & { spec?: Json }, apiVersion: string): Json {
  const { host, port, address, ...rest } = object.spec ?? {};
  if (apiVersion.endsWith('/v2'))
    return { ...object, apiVersion, spec: { ...rest, address: `${String(host)}:${String(port)}` } };
  const [first, second] = String(address).split(':');
  return { ...object, apiVersion, spec: { ...rest, host: first, port: Number(second) } };
}

const outgoing: OutgoingHttp = {
  send({ body }) {
    const { apiVersion, kind, request } = JSON.parse(Buffer.from(body ?? '').toString()) as {
      apiVersion: string;
      kind: string;
      request: { uid: string; desiredAPIVersion: string; objects: Json[] };
    };
    const convertedObjects = request.objects.map((one) => convert(one, request.desiredAPIVersion));
    const response = { uid: request.uid, result: { status: 'Success' }, convertedObjects };
    const text = JSON.stringify({ apiVersion, kind, response });
    return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(text) });
  },
  close: () => Promise.resolve(),
};

const text = { type: 'string' };
const version = (name: string, properties: object, storage: boolean) => ({
  ...{ name, storage, served: true },
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties }, maxPort: { type: 'integer' } },
    },
  },
});
const definition = (kind: string, versions: readonly object[], more = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.toLowerCase()}s.example.com` },
  spec: {
    ...{ group: 'example.com', scope: 'Namespaced' },
    names: { plural: `${kind.toLowerCase()}s`, kind },
    ...{ versions, ...more },
  },
});
const conversion = {
  strategy: 'Webhook',
  webhook: {
    conversionReviewVersions: ['v1'],
    clientConfig: { url: 'https://hook.example.com/c' },
  },
};

const at = (of: string, plural = 'hosts') => `/apis/example.com/${of}/namespaces/default/${plural}`;
const policies = '/apis/admissionregistration.k8s.io';
const rules = [
  {
    ...{ apiGroups: ['example.com'], apiVersions: ['v1'] },
    ...{ operations: ['CREATE', 'UPDATE', 'DELETE'], resources: ['hosts'] },
  },
];

const parts = new Lifecycle();
let api: RawApi;

async function made(url: string, body: object): Promise<void> {
  const answer = await api.call('POST', url, { body });
  expect(answer.code, answer.body.message).toBe(201);
}

async function validating(name: string, spec: object, bound: object = {}): Promise<void> {
  await made(`${policies}/v1/validatingadmissionpolicies`, {
    metadata: { name },
    spec: { matchConstraints: { resourceRules: rules }, ...spec },
  });
  await made(`${policies}/v1/validatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'], ...bound },
  });
}

async function mutating(name: string, spec: object): Promise<void> {
  await made(`${policies}/v1beta1/mutatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      reinvocationPolicy: 'Never',
      matchConstraints: { resourceRules: [{ ...rules[0], operations: ['CREATE', 'UPDATE'] }] },
      ...spec,
    },
  });
  const bound = { metadata: { name }, spec: { policyName: name } };
  await made(`${policies}/v1beta1/mutatingadmissionpolicybindings`, bound);
}

const write = (name: string, address: string, more: object = {}): Promise<RawAnswer> =>
  api.call('POST', at('v2'), {
    body: {
      ...{ apiVersion: 'example.com/v2', kind: 'Host' },
      ...{ metadata: { name, ...more }, spec: { address } },
    },
  });

async function gone(name: string): Promise<void> {
  for (const kind of ['policybindings', 'policies']) {
    await api.call('DELETE', `${policies}/v1/validatingadmission${kind}/${name}`);
    await api.call('DELETE', `${policies}/v1beta1/mutatingadmission${kind}/${name}`);
  }
}

beforeAll(async () => {
  api = await startRawApi(parts, { outgoing, kinds: [...kinds, ...mutatingPolicyKinds] });
  const versions = [
    version('v1', { host: text, port: { type: 'integer' } }, true),
    version('v2', { address: text }, false),
  ];
  await made(CRDS, definition('Host', versions, { conversion }));
  await made(CRDS, definition('Limit', [version('v1', {}, true)]));
  for (const plural of ['hosts', 'limits'])
    await api.until(at('v1', plural), ({ code }) => code === 200);
});
afterAll(() => parts.stop());

describe('a policy on custom resources', () => {
  it('sees the version it names, whatever the client writes', async () => {
    await validating('ports', {
      validations: [
        {
          expression:
            "request.operation == 'DELETE' ? !('keep' in oldObject.metadata.labels) : object.spec.port < 1000",
          message: 'too high or kept',
        },
      ],
    });
    const refused = await write('high', 'a:8080');
    expect(refused.code).toBe(422);
    expect(refused.body.message).toContain("'ports' with binding 'ports' denied request: too high");
    expect((await write('low', 'a:80', { labels: { keep: '1' } })).code).toBe(201);
    expect((await api.call('DELETE', `${at('v2')}/low`)).code).toBe(422);
    await gone('ports');
  });

  it('leaves other versions alone where it asks for an exact match', async () => {
    await validating('exact', {
      matchConstraints: { resourceRules: rules, matchPolicy: 'Exact' },
      validations: [{ expression: 'false' }],
    });
    expect((await write('free', 'a:8080')).code).toBe(201);
    const v1 = { apiVersion: 'example.com/v1', kind: 'Host', metadata: { name: 'caught' } };
    expect((await api.call('POST', at('v1'), { body: v1 })).code).toBe(422);
    await gone('exact');
  });

  it('takes custom resources as parameters', async () => {
    const paramRef = { selector: { matchLabels: { kind: 'limit' } }, namespace: 'default' };
    const spec = {
      paramKind: { apiVersion: 'example.com/v1', kind: 'Limit' },
      validations: [
        {
          expression: 'object.spec.port <= params.maxPort',
          messageExpression: "'at most ' + string(params.maxPort)",
          reason: 'Forbidden',
        },
      ],
    };
    await validating('limited', spec, {
      paramRef: { ...paramRef, parameterNotFoundAction: 'Deny' },
    });
    expect((await write('none', 'a:1')).body.message).toContain('no params found');
    await made(at('v1', 'limits'), {
      ...{ apiVersion: 'example.com/v1', kind: 'Limit', maxPort: 100 },
      metadata: { name: 'one', labels: { kind: 'limit' } },
    });
    const refused = await write('over', 'a:101');
    expect([refused.code, refused.body.message]).toEqual([
      403,
      'hosts.example.com "over" is forbidden: ValidatingAdmissionPolicy \'limited\' with binding ' +
        "'limited' denied request: at most 100",
    ]);
    expect((await write('within', 'a:100')).code).toBe(201);
    await gone('limited');
  });

  it('changes them by patches and by configurations, in the version it names', async () => {
    await mutating('patched', {
      mutations: [
        {
          patchType: 'JSONPatch',
          jsonPatch: {
            expression:
              '[JSONPatch{op: "replace", path: "/spec/port", value: object.spec.port + 1}]',
          },
        },
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: {
            expression:
              'Object{metadata: Object.metadata{labels: {"seen": string(object.spec.port)}}}',
          },
        },
      ],
    });
    const { code, body } = await write('changed', 'a:80');
    expect(code, body.message).toBe(201);
    expect(body.spec['address']).toBe('a:81');
    expect(body.metadata.labels).toEqual({ seen: '81' });
    await gone('patched');
  });

  it('does not keep them from going with their definition', async () => {
    await validating('keepers', { validations: [{ expression: "request.operation != 'DELETE'" }] });
    expect((await write('kept', 'a:1')).code).toBe(201);
    expect((await api.call('DELETE', `${at('v2')}/kept`)).code).toBe(422);
    const definition = `${CRDS}/hosts.example.com`;
    expect((await api.call('DELETE', definition)).code).toBe(200);
    await api.until(definition, ({ code }) => code === 404);
    await gone('keepers');
  });
});
