/** What sequences of writes are drawn from, kind by kind. */

type Json = Record<string, unknown>;

export interface Draw {
  readonly one: <T>(list: readonly T[]) => T;
  /** True one time in `of`. */
  readonly chance: (of: number) => boolean;
}

export interface SequenceKind {
  readonly kind: string;
  readonly plural: string;
  readonly versions: readonly string[];
  /** Without which there is no such object. */
  readonly base: Json;
  readonly parts: Readonly<Partial<Record<'/status', (draw: Draw) => Json>>> & {
    readonly '': (draw: Draw) => Json;
  };
}

/** Some of them, in any order, now and then one twice. */
function some<T>({ one, chance }: Draw, list: readonly T[]): T[] {
  const out = list.filter(() => chance(2));
  if (chance(3)) out.reverse();
  return chance(20) ? [...out, one(list)] : out;
}

const meta = (draw: Draw): Json => {
  const { one, chance } = draw;
  const texts = (): Json =>
    Object.fromEntries(some(draw, ['a', 'b.io/c']).map((key) => [key, one(['1', '2'])]));
  const metadata: Json = { [one(['labels', 'annotations'])]: texts() };
  if (chance(4)) metadata['finalizers'] = some(draw, ['x.io/a', 'x.io/b']);
  if (chance(4))
    metadata['ownerReferences'] = some(draw, ['u1', 'u2']).map((uid) => ({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', name: one(['o', 'p']), uid },
      ...(chance(3) && { controller: chance(2) }),
    }));
  if (chance(15)) metadata['managedFields'] = one([[], [{}], null]);
  return { metadata };
};

const amount = ({ one }: Draw): Json => ({
  [one(['cpu', 'memory'])]: one(['1', '1000m', 2, '1Gi']),
});

const container = (draw: Draw, name: string): Json => {
  const { one, chance } = draw;
  return {
    ...{ name, image: one(['i:1', 'i:2']) },
    ...(chance(3) && {
      ports: some(draw, [80, 81]).map((containerPort) => ({
        containerPort,
        ...(chance(2) && { protocol: one(['TCP', 'UDP']) }),
        ...(chance(2) && { name: one(['p', 'q']) }),
      })),
    }),
    ...(chance(3) && {
      env: some(draw, ['A', 'B']).map((each) => ({ name: each, value: one(['1', '2', '']) })),
    }),
    ...(chance(3) && { resources: { [one(['limits', 'requests'])]: amount(draw) } }),
    ...(chance(4) && { args: some(draw, ['x', 'y']) }),
    ...(chance(4) && {
      volumeMounts: some(draw, ['/a', '/b']).map((mountPath) => ({ name: 'v', mountPath })),
    }),
    ...(chance(5) && {
      securityContext: one([{}, { runAsUser: 1 }, { capabilities: { add: ['A'] } }]),
    }),
  };
};

const podSpec = (draw: Draw): Json => {
  const { one, chance } = draw;
  return {
    ...(chance(2) && { containers: some(draw, ['c', 'd']).map((name) => container(draw, name)) }),
    ...(chance(4) && {
      tolerations: some(draw, ['a', 'b']).map((key) => ({ key, operator: 'Exists' })),
    }),
    ...(chance(4) && {
      volumes: [{ name: 'v', ...one([{ emptyDir: {} }, { configMap: { name: 'm' } }]) }],
    }),
    ...(chance(5) && { nodeSelector: { a: one(['1', '2']) } }),
    ...(chance(5) && {
      imagePullSecrets: some(draw, ['s', 't']).map((name) => ({ name })),
    }),
    ...(chance(5) && {
      topologySpreadConstraints: some(draw, ['z', 'h']).map((topologyKey) => ({
        ...{ topologyKey, maxSkew: one([1, 2]), whenUnsatisfiable: 'DoNotSchedule' },
      })),
    }),
    ...(chance(5) && {
      hostAliases: some(draw, ['1.1.1.1', '2.2.2.2']).map((ip) => ({ ip, hostnames: ['h'] })),
    }),
    ...(chance(6) && { activeDeadlineSeconds: one([5, 6]) }),
    ...(chance(6) && { terminationGracePeriodSeconds: one([5, 30]) }),
  };
};

const conditions = (draw: Draw): Json[] =>
  some(draw, ['A', 'B']).map((type) => ({ type, status: draw.one(['True', 'False']) }));

const labels = { app: 'x' };
const configMap: SequenceKind = {
  ...{ kind: 'ConfigMap', plural: 'configmaps', versions: ['v1'], base: {} },
  parts: {
    ''(draw) {
      const { one, chance } = draw;
      if (chance(3)) return meta(draw);
      if (chance(8)) return { binaryData: one([{ e: 'AA==' }, {}, null]) };
      if (chance(20)) return { immutable: one([true, false, null]) };
      if (chance(20)) return one<Json>([{ unheard: 1 }, { data: { a: 7 } }, { data: null }]);
      const entries = some(draw, ['a', 'b', 'c']).map((key) => [key, one(['1', '2', '', null])]);
      return { data: Object.fromEntries(entries) as Json };
    },
  },
};

const deployment: SequenceKind = {
  ...{ kind: 'Deployment', plural: 'deployments', versions: ['apps/v1'] },
  base: {
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
    },
  },

  parts: {
    ''(draw) {
      const { one, chance } = draw;
      if (chance(4)) return meta(draw);
      if (chance(3)) return { spec: { template: { spec: podSpec(draw) } } };
      return {
        spec: one<Json>([
          { replicas: one([1, 2, null]) },
          { paused: chance(2) },
          { minReadySeconds: one([0, 3]) },
          { strategy: { type: 'Recreate' } },
          { strategy: { rollingUpdate: { maxSurge: one([1, '25%']) } } },
          { template: meta(draw) },
        ]),
      };
    },
    '/status': (draw) => ({
      status: draw.one<Json>([
        { conditions: conditions(draw) },
        { replicas: draw.one([1, 2]), observedGeneration: 1 },
      ]),
    }),
  },
};

const service: SequenceKind = {
  ...{ kind: 'Service', plural: 'services', versions: ['v1'] },
  base: { spec: { ports: [{ port: 80 }] } },

  parts: {
    ''(draw) {
      const { one, chance } = draw;
      if (chance(4)) return meta(draw);
      const ports = some(draw, [80, 81, 82]).map((port) => ({
        port,
        ...(!chance(4) && { name: `p${port}` }),
        ...(chance(3) && { protocol: one(['TCP', 'UDP']) }),
        ...(chance(3) && { targetPort: one([8080, 'http']) }),
      }));
      return {
        spec: one<Json>([
          { ports },
          { ports },
          { selector: one<Json | null>([{ a: '1' }, { a: '2', b: '1' }, {}, null]) },
          { type: one(['ClusterIP', 'NodePort', 'LoadBalancer']) },
          { externalIPs: some(draw, ['1.2.3.4', '1.2.3.5']) },
          { sessionAffinity: one(['None', 'ClientIP']) },
          { loadBalancerSourceRanges: some(draw, ['10.0.0.0/8', '11.0.0.0/8']) },
        ]),
      };
    },
    '/status': (draw) => ({
      status: draw.one<Json>([
        { loadBalancer: { ingress: some(draw, ['1.1.1.1', '2.2.2.2']).map((ip) => ({ ip })) } },
        { conditions: conditions(draw) },
      ]),
    }),
  },
};

const pod: SequenceKind = {
  ...{ kind: 'Pod', plural: 'pods', versions: ['v1'] },
  base: { spec: { containers: [{ name: 'c', image: 'i:1' }] } },

  parts: {
    ''(draw) {
      const { one, chance } = draw;
      if (chance(3)) return { spec: podSpec(draw) };
      if (chance(2)) return meta(draw);
      return { spec: { containers: [{ name: 'c', image: one(['i:1', 'i:2']) }] } };
    },
    '/status': (draw) => ({
      status: draw.one<Json>([
        { conditions: conditions(draw) },
        { podIPs: some(draw, ['10.0.0.1', 'fd00::1']).map((ip) => ({ ip })) },
        { phase: draw.one(['Running', 'Pending']), message: draw.one(['m', 'n']) },
      ]),
    }),
  },
};

const GROUP = 'sequences.example.com';
const text = { type: 'string' };
const number = { type: 'integer' };
const list = (type: string, items: Json, more: Json = {}): Json => ({
  ...{ type: 'array', 'x-kubernetes-list-type': type, items },
  ...more,
});
const object = (properties: Json, more: Json = {}): Json => ({
  type: 'object',
  properties,
  ...more,
});

const keyed = list(
  'map',
  object(
    {
      name: text,
      port: { ...number, default: 80 },
      value: text,
      tags: list('set', text),
      inner: list('map', object({ id: number, value: text }, { required: ['id'] }), {
        'x-kubernetes-list-map-keys': ['id'],
      }),
    },
    { required: ['name'] },
  ),
  { 'x-kubernetes-list-map-keys': ['name', 'port'] },
);

const schema = object({
  spec: object({
    keyed,
    set: list('set', text),
    numbers: list('set', number),
    atomic: list('atomic', object({ a: text })),
    plain: { type: 'array', items: text },
    replicas: { ...number, default: 1 },
    nullable: { ...text, nullable: true },
    either: { 'x-kubernetes-int-or-string': true },
    whole: object({ a: text, b: text }, { 'x-kubernetes-map-type': 'atomic' }),
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    byName: { type: 'object', additionalProperties: object({ set: list('set', text), a: text }) },
  }),
  status: object({
    replicas: number,
    conditions: list('map', object({ type: text, status: text }, { required: ['type'] }), {
      'x-kubernetes-list-map-keys': ['type'],
    }),
  }),
});

const version = (name: string, storage: boolean): Json => ({
  ...{ name, served: true, storage, schema: { openAPIV3Schema: schema } },
  subresources: {
    status: {},
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
  },
});

/** Of the custom kind. */
export const sequenceDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `drawns.${GROUP}` },
  spec: {
    ...{ group: GROUP, scope: 'Namespaced', names: { plural: 'drawns', kind: 'Drawn' } },
    versions: [version('v1', true), version('v2', false)],
  },
};

const entry = (draw: Draw, name: string): Json => {
  const { one, chance } = draw;
  return {
    name,
    ...(chance(2) && { port: one([80, 81]) }),
    ...(chance(2) && { value: one(['1', '2']) }),
    ...(chance(3) && { tags: some(draw, ['x', 'y', 'z']) }),
    ...(chance(3) && {
      inner: some(draw, [1, 2]).map((id) => ({ id, ...(chance(2) && { value: one(['1', '2']) }) })),
    }),
  };
};

const custom: SequenceKind = {
  ...{ kind: 'Drawn', plural: 'drawns', versions: [`${GROUP}/v1`, `${GROUP}/v2`], base: {} },

  parts: {
    ''(draw) {
      const { one, chance } = draw;
      if (chance(6)) return meta(draw);
      return {
        spec: one<Json>([
          { keyed: some(draw, ['a', 'b', 'c']).map((name) => entry(draw, name)) },
          { keyed: some(draw, ['a', 'b', 'c']).map((name) => entry(draw, name)) },
          { set: some(draw, ['a', 'b', 'c']) },
          { numbers: some(draw, [1, 2, 3]) },
          { atomic: some(draw, ['1', '2']).map((a) => ({ a })) },
          { plain: some(draw, ['1', '2']) },
          { replicas: one([1, 2, null]) },
          { nullable: one(['a', null]) },
          { either: one([1, '1', 'a']) },
          { whole: one<Json>([{ a: '1' }, { a: '1', b: '2' }, { b: '1' }, {}]) },
          { free: one<Json>([{ a: 1 }, { a: { b: [1, { c: 2 }] } }, { d: [] }, { d: null }]) },
          {
            byName: { [one(['k', 'l'])]: one<Json>([{ set: some(draw, ['a', 'b']) }, { a: '1' }]) },
          },
          { unheard: one([1, { a: 1 }]) },
        ]),
      };
    },
    '/status': (draw) => ({
      status: draw.one<Json>([{ conditions: conditions(draw) }, { replicas: draw.one([1, 2]) }]),
    }),
  },
};

export const sequenceKinds: readonly SequenceKind[] = [
  ...[configMap, deployment, service, pod, custom],
];
