/** Writes to a part of a pod: who runs where, and who has to go. */
import { type FieldError, notSupported, required } from '../../../../api/field-errors.ts';
import type { KubernetesObject, Mutable } from '../../../../api/meta.ts';
import { statusError, unexplained } from '../../../../api/status.ts';
import type { Binding, Pod } from '../../../../api/types/core-v1.ts';
import type { Subresource } from '../../declaration.ts';
import { statusSubresource } from '../status-subresource.ts';
import { withCondition } from './conditions.ts';
import { eviction } from './eviction.ts';
import { resize } from './resize.ts';
import { validateEphemeralContainersUpdate } from './validation-ephemeral.ts';
import { validateStatusUpdate } from './validation-status.ts';
import { oddAddress } from '../../../../api/validation/odd-addresses.ts';

function conflict(name: string, why: string): Error {
  const message = `Operation cannot be fulfilled on pods/binding ${JSON.stringify(name)}: ${why}`;
  return statusError('Conflict', message, { name, kind: 'pods/binding' });
}

function checkBinding(binding: Binding, { metadata, spec }: Pod): void {
  const name = metadata.name ?? '';
  const { kind, name: nodeName } = binding.target ?? {};
  const errors: FieldError[] = [];
  if (kind && kind !== 'Node') errors.push(notSupported('target.kind', kind, ['Node', '<empty>']));
  if (!nodeName) errors.push(required('target.name'));
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  // Kubernetes says so without a reason.
  if (errors.length > 0)
    throw unexplained(texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`);
  if (metadata.deletionTimestamp) {
    throw conflict(name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (spec.nodeName) {
    const node = JSON.stringify(spec.nodeName);
    throw conflict(name, `pod ${name} is already assigned to node ${node}`);
  }
  if (spec.schedulingGates?.length) {
    throw conflict(name, `pod ${name} has non-empty .spec.schedulingGates`);
  }
}

/** The scheduler's decision: names the node once and for all. */
const binding: Subresource<Pod> = {
  name: 'binding',
  verbs: ['create'],
  keepsGeneration: true,
  kind: { group: '', version: 'v1', kind: 'Binding' },
  write(sent, parent, context) {
    const { target, metadata } = sent as Binding;
    checkBinding(sent as Binding, parent);
    const bound = withCondition(parent, { type: 'PodScheduled', status: 'True' }, context);
    bound.spec = { ...bound.spec, nodeName: target.name! };
    const own = { ...bound.metadata };
    if (metadata?.annotations) own.annotations = { ...own.annotations, ...metadata.annotations };
    if (metadata?.labels) own.labels = { ...own.labels, ...metadata.labels };
    return { ...bound, metadata: own };
  },
  validateUpdate: () => [],
  answer: 'status',
};

/** Debug containers join a running pod; they are never changed and never leave. */
const ephemeralContainers: Subresource<Pod> = {
  name: 'ephemeralcontainers',
  verbs: ['get', 'update', 'patch'],
  write(sent: KubernetesObject, parent) {
    const { metadata, spec } = sent as Pod;
    const { resourceVersion } = metadata;
    const { ephemeralContainers: old = [], ...others } = parent.spec;
    const { ephemeralContainers = [] } = spec ?? {};
    // A pod that never had any is not changed by being sent none.
    const isSome = old.length > 0 || ephemeralContainers.length > 0;
    const changed = { ...others, ...(isSome && { ephemeralContainers }) };
    const object = {
      ...parent,
      metadata: { ...parent.metadata, ...(resourceVersion && { resourceVersion }) },
      spec: changed,
    };
    return object as Mutable<Pod>;
  },
  validateUpdate: validateEphemeralContainersUpdate,
};

const status = statusSubresource<Pod>({ keeps: 'life' });

/** The first of `podIPs` is `podIP`, which counts where both are sent and differ. */
function withBothAddresses(status: NonNullable<Mutable<Pod>['status']>): typeof status {
  const { podIP } = status;
  const first = status.podIPs?.[0]?.ip;
  if (podIP && podIP !== first) return { ...status, podIPs: [{ ip: podIP }] };
  return first && !podIP ? { ...status, podIP: first } : status;
}

/** The class of service follows from the spec; a status may leave it out. */
const statusOfPod: Subresource<Pod> = {
  ...status,
  write(sent, parent, context) {
    const written = status.write(sent, parent, context);
    const { qosClass } = parent.status ?? {};
    if (qosClass !== undefined && written.status?.qosClass === undefined)
      written.status = { qosClass, ...written.status };
    if (written.status !== undefined) written.status = withBothAddresses(written.status);
    return written;
  },
  validateUpdate: validateStatusUpdate,
  warnings: ({ status: { podIPs = [], hostIPs = [] } = {} }) => [
    ...podIPs.flatMap(({ ip }, i) => oddAddress(ip, `status.podIPs[${i}].ip`)),
    ...hostIPs.flatMap(({ ip }, i) => oddAddress(ip, `status.hostIPs[${i}].ip`)),
  ],
};

export const subresources: readonly Subresource<Pod>[] = [
  statusOfPod,
  binding,
  eviction,
  ephemeralContainers,
  resize,
];
