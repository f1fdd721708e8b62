import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryKv } from '../../../test/model/memory-kv.ts';
import { type Answer, TestApi } from '../../../test/support/api-core.ts';
import { kinds, mutatingPolicyKinds } from '../../registry/kinds/index.ts';

const group = '/apis/admissionregistration.k8s.io';
const deployments = '/apis/apps/v1/namespaces/d/deployments';
const maps = '/api/v1/namespaces/d/configmaps';

let api: TestApi;
beforeEach(async () => {
  api = new TestApi([...kinds, ...mutatingPolicyKinds], new MemoryKv());
  const metadata = { name: 'd', labels: { environment: 'test' } };
  await api.call('POST', '/api/v1/namespaces', { body: { metadata } });
});
afterEach(() => api.stop());

async function made(url: string, body: object): Promise<Answer> {
  const answer = await api.call('POST', url, { body });
  expect(answer.code, JSON.stringify(answer.body)).toBe(201);
  return answer;
}

const rules = (resource = 'deployments', apiGroup = 'apps') => [
  {
    operations: ['CREATE', 'UPDATE'],
    apiGroups: [apiGroup],
    apiVersions: ['*'],
    resources: [resource],
  },
];

const policy = (name: string, spec: object) =>
  made(`${group}/v1/validatingadmissionpolicies`, {
    metadata: { name },
    spec: { matchConstraints: { resourceRules: rules() }, ...spec },
  });
const binding = (name: string, spec: object = {}) =>
  made(`${group}/v1/validatingadmissionpolicybindings`, {
    metadata: { name: `${name}-binding` },
    spec: { policyName: name, validationActions: ['Deny'], ...spec },
  });

const labels = { app: 'a' };
const deployment = (replicas: number, more: { image?: string; metadata?: object } = {}) => ({
  metadata: { name: 'web', ...more.metadata },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'c', image: more.image ?? 'nginx' }] },
    },
  },
});
const create = (replicas: number, more = {}) =>
  api.call('POST', deployments, { body: deployment(replicas, more) });

const denied = (name: string, message: string): string =>
  `deployments.apps "web" is forbidden: ValidatingAdmissionPolicy '${name}' with binding ` +
  `'${name}-binding' denied request: ${message}`;

describe('a validating policy', () => {
  it('does nothing before it is bound, and then denies what does not hold', async () => {
    await policy('limit', { validations: [{ expression: 'object.spec.replicas <= 5' }] });
    expect(
      (await api.call('POST', `${deployments}?dryRun=All`, { body: deployment(9) })).code,
    ).toBe(201);
    await binding('limit');
    expect((await create(6)).body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: denied('limit', 'failed expression: object.spec.replicas <= 5'),
    });
    expect((await create(5)).code).toBe(201);
    const body = deployment(6);
    expect((await api.call('PUT', `${deployments}/web`, { body })).code).toBe(422);
  });

  it.each([
    [{ message: 'too many' }, 422, 'Invalid', 'too many'],
    [{ reason: 'Forbidden' }, 403, 'Forbidden', 'failed expression: object.spec.replicas <= 5'],
    [
      { messageExpression: "'at most 5, not ' + string(object.spec.replicas)", message: 'm' },
      422,
      'Invalid',
      'at most 5, not 6',
    ],
    [{ messageExpression: 'string(1 / 0)', message: 'm' }, 422, 'Invalid', 'm'],
    [{ messageExpression: "'a\\nb'", message: 'm' }, 422, 'Invalid', 'm'],
  ])('says why: %j', async (more, ...[code, reason, message]) => {
    await policy('p', { validations: [{ expression: 'object.spec.replicas <= 5', ...more }] });
    await binding('p');
    expect((await create(6)).body).toMatchObject({
      code,
      reason,
      message: denied('p', message as string),
    });
  });

  it('warns, and writes into the audit log', async () => {
    await policy('p', {
      validations: [{ expression: 'object.spec.replicas <= 5', message: 'high' }],
      auditAnnotations: [
        { key: 'replicas', valueExpression: "'replicas: ' + string(object.spec.replicas)" },
        { key: 'none', valueExpression: 'object.spec.replicas > 0 ? null : null' },
      ],
    });
    await binding('p', { validationActions: ['Warn', 'Audit'] });
    const answer = await create(6);
    expect(answer.code).toBe(201);
    expect(answer.headers['warning']).toBe(
      `299 - "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p-binding': high"`,
    );
    const notes = Object.fromEntries(api.notes.annotations!);
    expect(notes['p/replicas']).toBe('replicas: 6');
    expect(notes).not.toHaveProperty('p/none');
    expect(JSON.parse(notes['validation.policy.admission.k8s.io/validation_failure']!)).toEqual([
      {
        message: 'high',
        policy: 'p',
        binding: 'p-binding',
        expressionIndex: 0,
        validationActions: ['Warn', 'Audit'],
      },
    ]);
  });

  it('composes variables, each evaluated when it is needed', async () => {
    await policy('p', {
      variables: [
        {
          name: 'environment',
          expression:
            "'environment' in namespaceObject.metadata.labels ? namespaceObject.metadata.labels['environment'] : 'prod'",
        },
        {
          name: 'exempt',
          expression: "has(object.metadata.labels) && 'exempt' in object.metadata.labels",
        },
        { name: 'containers', expression: 'object.spec.template.spec.containers' },
        {
          name: 'checked',
          expression: "variables.containers.filter(c, c.image.contains('example.com/'))",
        },
        { name: 'broken', expression: 'object.spec.none.at.all' },
      ],
      validations: [
        {
          expression:
            "variables.exempt || variables.checked.all(c, c.image.startsWith(variables.environment + '.'))",
          messageExpression:
            "'only ' + variables.environment + ' images are allowed in namespace ' + namespaceObject.metadata.name",
        },
      ],
    });
    await binding('p');
    expect((await create(1, { image: 'prod.example.com/nginx' })).body.message).toBe(
      denied('p', 'only test images are allowed in namespace d'),
    );
    const exempt = { image: 'prod.example.com/nginx', metadata: { labels: { exempt: 'yes' } } };
    expect(
      (await api.call('POST', `${deployments}?dryRun=All`, { body: deployment(1, exempt) })).code,
    ).toBe(201);
    expect((await create(1, { image: 'test.example.com/nginx' })).code).toBe(201);
  });

  it('skips what its match conditions leave out', async () => {
    await policy('p', {
      matchConditions: [
        { name: 'not-nodes', expression: '!("system:nodes" in request.userInfo.groups)' },
        { name: 'not-tester', expression: 'request.userInfo.username != "tester"' },
      ],
      validations: [{ expression: 'false' }],
    });
    await binding('p');
    expect((await create(1)).code).toBe(201);
  });

  it('asks what the user may do', async () => {
    await policy('p', {
      validations: [
        {
          expression:
            "authorizer.group('apps').resource('deployments').namespace('d').check('delete').allowed()",
          messageExpression:
            "'not allowed: ' + string(authorizer.requestResource.check('get').allowed())",
        },
      ],
    });
    await binding('p');
    expect((await create(1)).body.message).toBe(denied('p', 'not allowed: true'));
  });

  it.each([
    ['Fail', 422],
    ['Ignore', 201],
  ])('whose expression fails: %s', async (failurePolicy, code) => {
    await policy('p', { failurePolicy, validations: [{ expression: 'object.spec.none == 1' }] });
    await binding('p');
    const answer = await create(1);
    expect(answer.code).toBe(code);
    if (code === 422)
      expect(answer.body.message).toBe(
        denied('p', "expression 'object.spec.none == 1' resulted in error: no such key: none"),
      );
  });

  it('that costs too much is stopped', async () => {
    const all = Array.from({ length: 6 }, (_, i) => `l.all(v${i}, `).join('');
    const expression = `[range].all(l, ${all}true${')'.repeat(6)})`;
    const range = `[${Array.from({ length: 40 }, (_, i) => i).join(', ')}]`;
    await policy('p', { validations: [{ expression: expression.replace('range', range) }] });
    await binding('p');
    const { message } = (await create(1)).body;
    expect(message).toMatch(/resulted in error: operation cancelled: actual cost limit exceeded$/);
  });

  it('judges configurations of webhooks and new namespaces, but no policy', async () => {
    const everything = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'] };
    await policy('closed', {
      matchConstraints: { resourceRules: [{ ...everything, resources: ['*'] }] },
      validations: [
        { expression: "request.?namespace.orValue('') == 'open' && namespaceObject == null" },
      ],
    });
    await binding('closed');
    const code = async (url: string, body: object): Promise<number> =>
      (await api.call('POST', url, { body })).code;
    for (const kind of ['validating', 'mutating'])
      expect(
        await code(`${group}/v1/${kind}webhookconfigurations`, { metadata: { name: 'w' } }),
      ).toBe(422);
    for (const name of ['shut', 'open'])
      expect(await code('/api/v1/namespaces', { metadata: { name } })).toBe(
        name === 'open' ? 201 : 422,
      );
    await policy('another', { validations: [{ expression: 'true' }] });
  });

  it('judges deletions by what was there', async () => {
    await policy('p', {
      matchConstraints: { resourceRules: [{ ...rules()[0], operations: ['DELETE'] }] },
      validations: [{ expression: "object == null && oldObject.metadata.name != 'web'" }],
    });
    await binding('p');
    await create(1);
    expect((await api.call('DELETE', `${deployments}/web`)).code).toBe(422);
    expect((await api.call('GET', `${deployments}/web`)).code).toBe(200);
  });
});

describe('parameters', () => {
  const limited = (spec = {}) =>
    policy('p', {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [
        {
          expression: 'object.spec.replicas <= int(params.data.max)',
          messageExpression: "'at most ' + params.data.max",
        },
      ],
      ...spec,
    });
  const limit = (name: string, max: number, more: object = {}) =>
    made(maps, { metadata: { name, ...more }, data: { max: String(max) } });

  it('by name, in a namespace or in that of the object', async () => {
    await limited();
    await limit('three', 3);
    const paramRef = { name: 'three', parameterNotFoundAction: 'Deny' };
    await binding('p', { paramRef });
    expect((await create(4)).body.message).toBe(denied('p', 'at most 3'));
    expect((await create(3)).code).toBe(201);
  });

  it('by selector: all of them have to agree', async () => {
    await limited();
    const selector = { matchLabels: { limits: 'yes' } };
    await binding('p', {
      paramRef: { selector, namespace: 'd', parameterNotFoundAction: 'Allow' },
    });
    expect((await create(9)).code).toBe(201);
    await api.call('DELETE', `${deployments}/web`);
    await limit('five', 5, { labels: { limits: 'yes' } });
    await limit('three', 3, { labels: { limits: 'yes' } });
    expect((await create(4)).body.message).toBe(denied('p', 'at most 3'));
  });

  it('that are not there', async () => {
    await limited();
    await binding('p', { paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } });
    expect((await create(1)).body.message).toBe(
      denied(
        'p',
        'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
      ),
    );
  });

  it('of a kind that nobody serves', async () => {
    await limited({ paramKind: { apiVersion: 'example.com/v1', kind: 'Limit' } });
    await binding('p', { paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } });
    expect((await create(1)).body.message).toMatch(
      /failed to find resource referenced by paramKind/,
    );
  });
});

describe('a policy that cannot be', () => {
  it.each([
    [
      { validations: [{ expression: 'object.spec.replicas <=' }] },
      /spec.validations\[0\].expression: Invalid value: "object.spec.replicas <=": compilation failed: ERROR: <input>:1:24: Syntax error/,
    ],
    [
      { validations: [{ expression: 'object.spec.replicas' }, { expression: '1 + 1' }] },
      /spec.validations\[1\].expression: Invalid value: "1 \+ 1": must evaluate to bool/,
    ],
    [
      {
        variables: [{ name: 'a', expression: 'variables.b' }],
        validations: [{ expression: 'true' }],
      },
      /spec.variables\[0\].expression: Invalid value: "variables.b": compilation failed: ERROR: <input>:1:10: undefined field 'b'/,
    ],
    [{ validations: [{ expression: 'params.x == 1' }] }, /undeclared reference to 'params'/],
    [{}, /validations or auditAnnotations must contain at least one item/],
    [
      { matchConstraints: {}, validations: [{ expression: 'true' }] },
      /resourceRules: Required value/,
    ],
  ])('%j', async (spec, message) => {
    const body = {
      metadata: { name: 'p' },
      spec: { matchConstraints: { resourceRules: rules() }, ...spec },
    };
    const answer = await api.call('POST', `${group}/v1/validatingadmissionpolicies`, { body });
    expect(answer.code).toBe(422);
    expect(answer.body.message).toMatch(message);
  });

  it('a webhook whose condition does not compile', async () => {
    const webhook = {
      name: 'a.w.io',
      clientConfig: { url: 'https://a/' },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      matchConditions: [{ name: 'a', expression: 'foo' }],
    };
    const body = { metadata: { name: 'w' }, webhooks: [webhook] };
    const url = `${group}/v1/validatingwebhookconfigurations`;
    expect((await api.call('POST', url, { body })).body.message).toBe(
      'ValidatingWebhookConfiguration.admissionregistration.k8s.io "w" is invalid: ' +
        'webhooks[0].matchConditions[0].expression: Invalid value: "foo": compilation failed: ' +
        "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo\n | ^",
    );
  });
});

describe('a mutating policy', () => {
  const mutating = async (name: string, mutations: readonly object[], spec: object = {}) => {
    await made(`${group}/v1beta1/mutatingadmissionpolicies`, {
      metadata: { name },
      spec: {
        reinvocationPolicy: 'Never',
        matchConstraints: { resourceRules: rules() },
        mutations,
        ...spec,
      },
    });
    await made(`${group}/v1beta1/mutatingadmissionpolicybindings`, {
      metadata: { name: `${name}-binding` },
      spec: { policyName: name, ...(spec as { binding?: object }).binding },
    });
  };
  const apply = (expression: string) => ({
    patchType: 'ApplyConfiguration',
    applyConfiguration: { expression },
  });
  const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

  it('merges a configuration, lists by their keys', async () => {
    await mutating(
      'sidecar',
      [
        apply(`Object{
        spec: Object.spec{
          template: Object.spec.template{
            spec: Object.spec.template.spec{
              containers: [Object.spec.template.spec.containers{
                name: "mesh-proxy",
                image: "mesh/proxy:v1.0.0"
              }]
            }
          }
        }
      }`),
      ],
      {
        matchConditions: [
          {
            name: 'once',
            expression: '!object.spec.template.spec.containers.exists(c, c.name == "mesh-proxy")',
          },
        ],
      },
    );
    const { body } = await create(1);
    const { template } = body.spec as { template: { spec: { containers: object[] } } };
    expect(template.spec.containers).toMatchObject([
      { name: 'c', image: 'nginx' },
      {
        name: 'mesh-proxy',
        terminationMessagePath: '/dev/termination-log',
      },
    ]);
  });

  it('patches, with values made up from the object and its variables', async () => {
    await mutating(
      'patch',
      [
        patch(`[
        JSONPatch{op: "test", path: "/spec/replicas", value: 1},
        JSONPatch{op: "replace", path: "/spec/replicas", value: variables.wanted + 1},
        JSONPatch{op: "add", path: "/metadata/labels", value: {"a.b/c": "d"}},
        JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("x.io/y"), value: "v"}
      ]`),
        patch('[JSONPatch{op: "add", path: "/spec/minReadySeconds", value: object.spec.replicas}]'),
      ],
      { variables: [{ name: 'wanted', expression: '2' }] },
    );
    const { body } = await create(1);
    expect(body).toMatchObject({
      metadata: { labels: { 'a.b/c': 'd', 'x.io/y': 'v' } },
      spec: { replicas: 3, minReadySeconds: 3 },
    });
  });

  it('takes parameters', async () => {
    await made(maps, { metadata: { name: 'defaults' }, data: { team: 'blue' } });
    await mutating(
      'params',
      [apply('Object{metadata: Object.metadata{labels: {"team": params.data.team}}}')],
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        binding: { paramRef: { name: 'defaults', parameterNotFoundAction: 'Deny' } },
      },
    );
    expect((await create(1)).body.metadata.labels).toEqual({ team: 'blue' });
  });

  it('acts again if it wants to and others changed the object after it', async () => {
    const add = (name: string) =>
      patch(
        `[JSONPatch{op: "add", path: "/spec/replicas", value: object.spec.replicas + ${name}}]`,
      );
    await mutating('a', [add('1')], { reinvocationPolicy: 'IfNeeded' });
    await mutating('b', [add('10')]);
    expect((await create(1)).body.spec['replicas']).toBe(13);
  });

  it.each([
    [
      apply('Object{spec: Object.metadata{}}'),
      /unexpected type name "Object.metadata", expected "Object.spec"/,
    ],
    [patch('[JSONPatch{op: "remove", path: "/spec/none"}]'), /denied request/],
    [apply('Object{spec: Object.spec{none: 1}}'), /.spec.none: field not declared in schema/],
  ])('that cannot be applied denies the request: %j', async (mutation, message) => {
    await mutating('p', [mutation]);
    const { body } = await create(1);
    expect(body.message).toMatch(message);
    expect(body.message).toMatch(/^policy 'p' with binding 'p-binding' denied request: /);
  });

  it('is checked when it is made', async () => {
    const spec = {
      reinvocationPolicy: 'Never',
      matchConstraints: { resourceRules: rules() },
      mutations: [patch('[JSONPatch{op: 1}]'), apply('Pod{}')],
    };
    const body = { metadata: { name: 'p' }, spec };
    const answer = await api.call('POST', `${group}/v1beta1/mutatingadmissionpolicies`, { body });
    expect(answer.body.message).toMatch(
      /mutations\[0\].jsonPatch.expression: .*expected type of field 'op' is 'string' but provided type is 'int'/s,
    );
    expect(answer.body.message).toMatch(
      /mutations\[1\].applyConfiguration.expression: .*undeclared reference to 'Pod'/s,
    );
  });
});
