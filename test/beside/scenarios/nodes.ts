import type { Place } from '../place.ts';
import type { Scenario } from '../scenario.ts';

/** A node of the namespace's name that is ready, or not. */
async function tellReady(at: Place, status: 'True' | 'False'): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+/, '');
  const condition = { type: 'Ready', status, lastHeartbeatTime: now, lastTransitionTime: now };
  const conditions = [{ ...condition, reason: 'Told', message: 'told' }];
  await at.merge('Node/status', at.namespace, { status: { conditions } });
}

const READY_NODE = `
apiVersion: v1
kind: Node
metadata: { name: NAMESPACE }
status:
  conditions: [{ type: Ready, status: "True" }]`;

const podThere = (name: string, tolerations: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  nodeName: NAMESPACE
  tolerations: [${tolerations}]
  containers: [{ name: main, image: "example.org/main:1" }]`;

const away = { key: 'example.org/away', effect: 'NoExecute' };
const FOR_AN_HOUR =
  '{ key: example.org/away, operator: Exists, effect: NoExecute, tolerationSeconds: 3600 }';
const evicted = (at: Place): Promise<unknown> =>
  at.untilAll('Event', (events) =>
    events.some((event) => JSON.stringify(event).includes('Marking for deletion')),
  );
const calledOff = (at: Place): Promise<unknown> =>
  at.untilAll('Event', (events) =>
    events.some((event) => JSON.stringify(event).includes('Cancelling deletion')),
  );

export const nodeScenarios: readonly Scenario[] = [
  {
    name: 'node that falls silent',
    also: ['Node/NAMESPACE'],
    async run(at) {
      const heard = new Date(Date.now() - 600_000).toISOString().replace(/\.\d+/, '');
      await at.create(`
apiVersion: v1
kind: Node
metadata:
  name: NAMESPACE
  # In a zone of its own: nodes of other scenarios that fall silent too do not call evictions off.
  labels: { kubernetes.io/hostname: NAMESPACE, topology.kubernetes.io/zone: NAMESPACE }
spec: { taints: [{ key: example.org/apart, effect: NoSchedule }] }
status:
  allocatable: { cpu: "4", memory: 8Gi, pods: "110" }
  capacity: { cpu: "4", memory: 8Gi, pods: "110" }
  conditions:
    - { type: Ready, status: "True", reason: KubeletReady, message: ready,
        lastHeartbeatTime: "${heard}", lastTransitionTime: "${heard}" }`);
      await at.create(`
apiVersion: v1
kind: Pod
metadata: { name: stranded }
spec:
  nodeName: ${at.namespace}
  tolerations:
    - { key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 3 }
  containers: [{ name: main, image: "example.org/main:1" }]`);
      await at.until('Node', at.namespace, ({ spec }) => (spec.taints ?? []).length === 3);
      await at.until('Pod', 'stranded', ({ metadata }) => metadata.deletionTimestamp !== undefined);
    },
  },
  {
    name: 'pods of a node that is gone',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: Pod
metadata: { name: lost }
spec:
  nodeName: nowhere
  containers: [{ name: main, image: "example.org/main:1" }]`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    },
  },
  {
    name: 'taint that evicts',
    also: ['Node/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: v1
kind: Node
metadata: { name: NAMESPACE }
spec: { taints: [{ key: example.org/away, effect: NoExecute, value: "yes" }] }
status:
  conditions: [{ type: Ready, status: "True" }]
---
apiVersion: v1
kind: Pod
metadata: { name: unwanted }
spec:
  nodeName: NAMESPACE
  containers: [{ name: main, image: "example.org/main:1" }]
---
apiVersion: v1
kind: Pod
metadata: { name: patient }
spec:
  nodeName: NAMESPACE
  tolerations: [{ key: example.org/away, operator: Exists }]
  containers: [{ name: main, image: "example.org/main:1" }]`);
      await at.until('Pod', 'unwanted', ({ metadata }) => metadata.deletionTimestamp !== undefined);
      await at.untilEvent('TaintManagerEviction');
    },
  },
  {
    name: 'node that is cordoned, and one short of memory',
    also: ['Node/NAMESPACE'],
    async run(at) {
      const now = new Date().toISOString().replace(/\.\d+/, '');
      const times = `lastHeartbeatTime: "${now}", lastTransitionTime: "${now}"`;
      await at.create(`
apiVersion: v1
kind: Node
metadata:
  name: NAMESPACE
  labels: { kubernetes.io/os: linux, kubernetes.io/arch: new, beta.kubernetes.io/arch: old }
spec: { unschedulable: true }
status:
  conditions:
    - { type: Ready, status: "True", reason: KubeletReady, message: ready, ${times} }
    - { type: MemoryPressure, status: "True", reason: Short, message: short, ${times} }`);
      await at.until('Node', at.namespace, ({ spec }) => (spec.taints ?? []).length === 2);
    },
  },
  {
    name: 'node that is not ready',
    also: ['Node/NAMESPACE'],
    async run(at) {
      const now = new Date().toISOString().replace(/\.\d+/, '');
      const times = `lastHeartbeatTime: "${now}", lastTransitionTime: "${now}"`;
      await at.create(`
apiVersion: v1
kind: Node
metadata: { name: NAMESPACE }
status:
  conditions:
    - { type: Ready, status: "False", reason: KubeletNotReady, message: not yet, ${times} }`);
      await at.until('Node', at.namespace, ({ spec }) => (spec.taints ?? []).length === 2);
    },
  },
  {
    name: 'node that is ready again',
    also: ['Node/NAMESPACE'],
    async run(at) {
      await at.create(READY_NODE);
      await at.create(podThere('lucky', ''));
      await tellReady(at, 'False');
      await at.until('Node', at.namespace, ({ spec }) => (spec.taints ?? []).length === 2);
      await tellReady(at, 'True');
      await at.until('Node', at.namespace, ({ spec }) => (spec.taints ?? []).length === 0);
      await calledOff(at);
    },
  },
  {
    name: 'taint that is tolerated for a time, then one that is not',
    async run(at) {
      await at.create(READY_NODE);
      await at.create(podThere('patient', FOR_AN_HOUR));
      await at.merge('Node', at.namespace, { spec: { taints: [away] } });
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const taints = [away, { ...away, key: 'example.org/now' }];
      await at.merge('Node', at.namespace, { spec: { taints } });
      await evicted(at);
    },
  },
  {
    name: 'pod that goes while its taint is tolerated',
    async run(at) {
      await at.create(READY_NODE);
      await at.create(podThere('patient', FOR_AN_HOUR));
      await at.create(podThere('for-ever', `{ operator: Exists }, ${FOR_AN_HOUR}`));
      await at.merge('Node', at.namespace, { spec: { taints: [away] } });
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await at.delete('Pod', 'patient', { gracePeriodSeconds: 0 });
      await calledOff(at);
    },
  },
];
