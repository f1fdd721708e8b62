/** Policies that change what is written: by configurations that are applied, and by JSON patches. */
import { core, namespace, pod, TRY } from './admission.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const API = '/apis/admissionregistration.k8s.io/v1beta1';
const apply = (expression: string): Json => ({
  patchType: 'ApplyConfiguration',
  applyConfiguration: { expression },
});
const patch = (expression: string): Json => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

const policy = (name: string, spec: Json): Json => ({
  metadata: { name },
  spec: {
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['pods', 'configmaps'],
        },
      ],
    },
    ...spec,
  },
});

const bindingOf = (name: string, more: Json = {}): Json => ({
  metadata: { name },
  spec: {
    policyName: name,
    matchResources: {
      namespaceSelector: { matchLabels: { mutated: name } },
    },
    ...more,
  },
});

/** Written into a namespace until the policy says something of it. */
function mutated(name: string, spec: Json, of: { binding?: Json; object?: Json } = {}): Story {
  const plain = pod([{ name: 'c', image: 'i' }]);
  const { binding, object = { ...plain, metadata: { name: 'p', labels: { a: 'b' } } } } = of;
  const plural = 'data' in object ? 'configmaps' : 'pods';
  const written: Step = {
    ask: `POST ${core(name, plural)}${TRY}`,
    body: object,
    shows: ['metadata.labels', 'metadata.annotations', 'spec', 'data'],
  };
  // The last policy of the namespace: it acts once the one before is known.
  const sentinel = `${name}-known`;
  const marks = patch(
    `[JSONPatch{op: "add", path: "/metadata/annotations", value: {"known": "yes"}}]`,
  );
  return {
    title: `mutations: ${name}`,
    steps: [
      namespace(name, { mutated: name, marked: sentinel }),
      given(`POST ${API}/mutatingadmissionpolicies`, policy(name, spec)),
      given(`POST ${API}/mutatingadmissionpolicybindings`, bindingOf(name, binding)),
      given(
        `POST ${API}/mutatingadmissionpolicies`,
        policy(sentinel, { mutations: [marks], failurePolicy: 'Ignore' }),
      ),
      given(
        `POST ${API}/mutatingadmissionpolicybindings`,
        bindingOf(sentinel, {
          matchResources: { namespaceSelector: { matchLabels: { marked: sentinel } } },
        }),
      ),
      {
        ...written,
        until: ({ code, metadata }: Json) =>
          code !== 201 || (metadata as { annotations?: Json }).annotations?.['known'] === 'yes',
      },
      given(`DELETE ${API}/mutatingadmissionpolicies/${name}`),
      given(`DELETE ${API}/mutatingadmissionpolicies/${sentinel}`),
    ],
  };
}

const one = (mutation: Json, more: Json = {}): Json => ({ mutations: [mutation], ...more });
const map = { metadata: { name: 'm' }, data: { a: '1' } };

const acting: readonly Story[] = [
  mutated(
    'labels',
    one(apply('Object{metadata: Object.metadata{labels: {"x": object.metadata.name}}}')),
  ),
  mutated(
    'containers',
    one(
      apply(
        'Object{spec: Object.spec{containers: [Object.spec.containers{name: "c", image: "j"}]}}',
      ),
    ),
  ),
  mutated(
    'sidecars',
    one(
      apply(
        'Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: "s", image: "s", restartPolicy: "Always"}]}}',
      ),
    ),
  ),
  mutated(
    'atomic',
    one(
      apply(
        'Object{spec: Object.spec{tolerations: [Object.spec.tolerations{key: "k", operator: "Exists"}]}}',
      ),
    ),
  ),
  mutated('empty', one(apply('Object{}'))),
  mutated('wrong-name', one(apply('Object{spec: Object.metadata{name: "x"}}'))),
  mutated('unknown', one(apply('Object{spec: Object.spec{unheard: "x"}}'))),
  mutated('mistyped', one(apply('Object{spec: Object.spec{nodeName: 5}}'))),
  mutated('invalid', one(apply('Object{spec: Object.spec{nodeName: "A_B"}}'))),
  mutated('no-object', one(apply('object'))),
  mutated(
    'no-value',
    one(apply('Object{metadata: Object.metadata{labels: {"x": object.metadata.labels["none"]}}}')),
  ),
  mutated(
    'ignored-value',
    one(apply('Object{metadata: Object.metadata{labels: {"x": object.metadata.labels["none"]}}}'), {
      failurePolicy: 'Ignore',
    }),
  ),
  mutated('data', one(apply('Object{data: {"b": "2"}}')), { object: map }),
  mutated(
    'patches',
    one(
      patch(
        '[JSONPatch{op: "test", path: "/metadata/labels/a", value: "b"}, JSONPatch{op: "replace", path: "/metadata/labels/a", value: "c"}, JSONPatch{op: "copy", from: "/metadata/labels/a", path: "/metadata/labels/d"}]',
      ),
    ),
  ),
  mutated(
    'escapes',
    one(
      patch(
        '[JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("a.b/c"), value: "x"}]',
      ),
    ),
  ),
  mutated(
    'test-fails',
    one(patch('[JSONPatch{op: "test", path: "/metadata/labels/a", value: "z"}]')),
  ),
  mutated('missing-key', one(patch('[JSONPatch{op: "remove", path: "/metadata/labels/none"}]'))),
  mutated('operation', one(patch('[JSONPatch{op: "unheard", path: "/metadata/labels/a"}]'))),
  mutated('pathless', one(patch('[JSONPatch{op: "add", value: "x"}]'))),
  mutated('typeless', one(patch('[JSONPatch{op: "add", path: "/spec/nodeName", value: 5}]'))),
  mutated('field', one(patch('[JSONPatch{op: "add", path: "/spec/unheard", value: 5}]'))),
  mutated('turns', one(patch('[JSONPatch{op: "replace", path: "/kind", value: "Unheard"}]'))),
  mutated('renames', one(patch('[JSONPatch{op: "replace", path: "/metadata/name", value: "q"}]'))),
  mutated(
    'moves',
    one(patch('[JSONPatch{op: "replace", path: "/metadata/namespace", value: "q"}]')),
  ),
  mutated('no-list', one(patch('[]'))),
  mutated(
    'structs',
    one(
      patch(
        '[JSONPatch{op: "add", path: "/spec/tolerations/-", value: Object.spec.tolerations{key: "k", operator: "Exists"}}]',
      ),
    ),
  ),
  mutated('steps', {
    variables: [{ name: 'next', expression: 'string(size(object.metadata.labels))' }],
    mutations: [
      apply('Object{metadata: Object.metadata{labels: {"n" + variables.next: "1"}}}'),
      patch('[JSONPatch{op: "add", path: "/metadata/labels/n" + variables.next, value: "2"}]'),
    ],
  }),
  mutated('other-objects', {
    matchConditions: [{ name: 'none', expression: "object.metadata.name == 'other'" }],
    mutations: [apply('Object{metadata: Object.metadata{labels: {"x": "y"}}}')],
  }),
  mutated('condition-fails', {
    matchConditions: [{ name: 'fails', expression: "object.metadata.labels['none'] == 'x'" }],
    mutations: [apply('Object{metadata: Object.metadata{labels: {"x": "y"}}}')],
  }),
  mutated(
    'without-params',
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      mutations: [apply('Object{metadata: Object.metadata{labels: {"x": params.data.x}}}')],
    },
    {
      binding: {
        paramRef: { name: 'none', namespace: 'default', parameterNotFoundAction: 'Deny' },
      },
    },
  ),
  mutated(
    'allowed-without',
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      mutations: [apply('Object{metadata: Object.metadata{labels: {"x": params.data.x}}}')],
    },
    {
      binding: {
        paramRef: { name: 'none', namespace: 'default', parameterNotFoundAction: 'Allow' },
      },
    },
  ),
];

const container = (more: string): string =>
  `Object{spec: Object.spec{containers: [Object.spec.containers{name: "c", ${more}}]}}`;
const labels = (map: string): string => `Object{metadata: Object.metadata{labels: ${map}}}`;

/** By name: the configuration that is applied to a pod. */
const configurations: Readonly<Record<string, string>> = {
  'new-name': 'Object{metadata: Object.metadata{name: "x"}}',
  'new-space': 'Object{metadata: Object.metadata{namespace: "x"}}',
  finalizers: 'Object{metadata: Object.metadata{finalizers: ["a/b"]}}',
  variables:
    'Object{spec: Object.spec{containers: [Object.spec.containers{name: "c", env: [Object.spec.containers.env{name: "E", value: "1"}]}]}}',
  ports: container(
    'ports: [Object.spec.containers.ports{containerPort: 80}, Object.spec.containers.ports{containerPort: 80, protocol: "UDP"}]',
  ),
  'ports-twice': container(
    'ports: [Object.spec.containers.ports{containerPort: 80}, Object.spec.containers.ports{containerPort: 80}]',
  ),
  limits: container(
    'resources: Object.spec.containers.resources{limits: {"cpu": "1", "x/y": "2"}}',
  ),
  'wrong-limits': container('resources: Object.spec.containers.resources{limits: {"cpu": "one"}}'),
  'image-number': container('image: 1'),
  commands: container('command: ["a", "b"]'),
  nameless: 'Object{spec: Object.spec{containers: [Object.spec.containers{image: "j"}]}}',
  phase: 'Object{status: Object.status{phase: "Running"}}',
  grace: 'Object{spec: Object.spec{terminationGracePeriodSeconds: 5, hostNetwork: true}}',
  context: 'Object{spec: Object.spec{securityContext: Object.spec.securityContext{runAsUser: 5}}}',
  volumes:
    'Object{spec: Object.spec{volumes: [Object.spec.volumes{name: "v", emptyDir: Object.spec.volumes.emptyDir{}}]}}',
  selector: 'Object{spec: Object.spec{nodeSelector: {"a": "b"}}}',
  'no-labels': labels('{}'),
  maybe: 'Object{metadata: Object.metadata{?labels: optional.none()}}',
  'maybe-so': 'Object{metadata: Object.metadata{?labels: optional.of({"a": "z"})}}',
  'label-number': labels('{"x": 1}'),
  'wrong-label': labels('{"x": "a b"}'),
  asker: labels('{"x": request.operation, "y": request.name, "z": request.namespace}'),
  space: labels('{"x": namespaceObject.metadata.labels["mutated"]}'),
  older: labels('{"x": oldObject == null ? "none" : "some"}'),
  allowed: labels('{"x": string(authorizer.group("").resource("pods").check("get").allowed())}'),
  dyn: 'dyn(Object{metadata: Object.metadata{labels: {"x": "y"}}})',
  chosen: 'has(object.spec.nodeName) ? Object{} : Object{spec: Object.spec{nodeName: "n"}}',
  divided: labels('{"x": string(1 / 0)}'),
  version: 'Object{apiVersion: "v2"}',
  kind: 'Object{kind: "Unheard"}',
};

/** By name: the patch of a pod. */
const listedPatches: Readonly<Record<string, string>> = {
  'p-image': '[JSONPatch{op: "replace", path: "/spec/containers/0/image", value: "j"}]',
  'p-beyond': '[JSONPatch{op: "replace", path: "/spec/containers/5/image", value: "j"}]',
  'p-negative': '[JSONPatch{op: "replace", path: "/spec/containers/-1/image", value: "j"}]',
  'p-whole': '[JSONPatch{op: "replace", path: "", value: {"a": "b"}}]',
  'p-null': '[JSONPatch{op: "add", path: "/metadata/labels", value: null}]',
  'p-none': '[JSONPatch{op: "add", path: "/metadata/labels/x"}]',
  'p-move': '[JSONPatch{op: "move", from: "/metadata/labels/a", path: "/metadata/labels/z"}]',
  'p-move-none': '[JSONPatch{op: "move", from: "/metadata/labels/q", path: "/metadata/labels/z"}]',
  'p-number': '[JSONPatch{op: "add", path: "/metadata/labels/x", value: 5}]',
  'p-relative': '[JSONPatch{op: "add", path: "metadata/labels/x", value: "y"}]',
  'p-chosen':
    'object.metadata.name == "p" ? [JSONPatch{op: "add", path: "/metadata/labels/x", value: "y"}] : []',
  'p-mapped':
    'object.spec.containers.map(c, JSONPatch{op: "add", path: "/metadata/labels/" + c.name, value: c.image})',
  'p-fails':
    '[JSONPatch{op: "add", path: "/metadata/labels/" + object.metadata.labels["q"], value: "y"}]',
  'p-test-map':
    '[JSONPatch{op: "test", path: "/metadata/labels", value: {"a": "b"}}, JSONPatch{op: "remove", path: "/metadata/labels"}]',
  'p-extra': '[JSONPatch{op: "add", path: "/metadata/labels/x", value: "y", from: "/z"}]',
  'p-containers': '[JSONPatch{op: "remove", path: "/spec/containers"}]',
  'p-dyn': '[JSONPatch{op: "add", path: "/spec/activeDeadlineSeconds", value: dyn(5)}]',
  'p-double': '[JSONPatch{op: "add", path: "/spec/activeDeadlineSeconds", value: 5.5}]',
  'p-bytes': '[JSONPatch{op: "add", path: "/metadata/labels/x", value: b"abc"}]',
};

const cornered: readonly Story[] = [
  ...Object.entries(configurations).map(([name, text]) => mutated(`c-${name}`, one(apply(text)))),
  ...Object.entries(listedPatches).map(([name, text]) => mutated(name, one(patch(text)))),
];

/** What is wrong with a policy is told when it is created. */
const refused: Story = {
  title: 'mutations: wrong policies',
  steps: (
    [
      {},
      { mutations: [] },
      { mutations: [{}] },
      { mutations: [{ patchType: 'Unheard' }] },
      { mutations: [{ patchType: 'ApplyConfiguration' }] },
      { mutations: [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'Object{}' } }] },
      one({ ...apply('Object{}'), jsonPatch: { expression: '[]' } }),
      one(apply('')),
      one(apply('1')),
      one(apply('Object{')),
      one(apply('Unheard{}')),
      one(apply('Object{metadata: unheard}')),
      one(patch('Object{}')),
      one(patch('[1]')),
      one(patch('[JSONPatch{op: 1}]')),
      one(apply('Object{}'), { reinvocationPolicy: 'Sometimes' }),
      one(apply('Object{}'), { failurePolicy: 'Sometimes' }),
      one(apply('Object{}'), { variables: [{ name: '', expression: '1' }] }),
      one(apply('Object{}'), { variables: [{ name: 'a', expression: 'variables.b' }] }),
      one(apply('Object{}'), { matchConditions: [{ name: 'a', expression: '1' }] }),
      one(apply('Object{}'), { paramKind: { kind: 'X' } }),
      one(apply('Object{}'), { matchConstraints: null }),
      one(apply('Object{}'), { matchConstraints: { resourceRules: [] } }),
      one(apply('Object{}'), { reinvocationPolicy: null }),
    ] as readonly Json[]
  ).map((spec) => ({
    ask: `POST ${API}/mutatingadmissionpolicies${TRY}`,
    body: policy('wrong', spec),
    shows: ['spec'],
  })),
};

const wrongBindings: Story = {
  title: 'mutations: wrong bindings',
  steps: (
    [
      { policyName: '' },
      { policyName: 'A_B' },
      { paramRef: {} },
      { paramRef: { name: 'x', parameterNotFoundAction: 'Sometimes' } },
      { paramRef: { name: 'x', selector: {}, parameterNotFoundAction: 'Deny' } },
      { matchResources: { matchPolicy: 'Sometimes' } },
      { matchResources: null },
    ] as readonly Json[]
  ).map((spec) => ({
    ask: `POST ${API}/mutatingadmissionpolicybindings${TRY}`,
    body: bindingOf('wrong', spec),
    shows: ['spec'],
  })),
};

export const mutatingPolicyStories: readonly Story[] = [
  ...acting,
  ...cornered,
  refused,
  wrongBindings,
];
