import type { LimitRange, Namespace, Node, Pod, ResourceQuota } from '../../api/types/core-v1.ts';
import type { Lease } from '../../api/types/coordination-v1.ts';
import type { Ages } from './ages.ts';
import { describeConditions } from './conditions.ts';
import { goTime } from './go-time.ts';
import { describeNodePods } from './resource-rows.ts';
import { describeLimits, describeScopes } from './quota.ts';
import type { DescriptionWriter } from './writer.ts';

export function describeNamespace(
  writer: DescriptionWriter,
  namespace: Namespace,
  bounds: { readonly quotas: readonly ResourceQuota[]; readonly ranges: readonly LimitRange[] },
): void {
  writer.field(0, 'Name', namespace.metadata.name);
  writer.map(0, 'Labels', namespace.metadata.labels);
  writer.map(0, 'Annotations', namespace.metadata.annotations);
  writer.field(0, 'Status', namespace.status?.phase);
  describeConditions(writer, namespace.status?.conditions ?? []);
  namespaceQuotas(writer, bounds.quotas);
  namespaceRanges(writer, bounds.ranges);
}

function namespaceQuotas(writer: DescriptionWriter, quotas: readonly ResourceQuota[]): void {
  if (quotas.length === 0) {
    writer.line(0, '').line(0, 'No resource quota.');
    return;
  }
  writer.line(0, '').line(0, 'Resource Quotas');
  for (const { metadata, spec, status } of quotas) {
    writer.field(1, 'Name', metadata.name);
    describeScopes(writer, spec?.scopes ?? [], '  ');
    writer.line(1, 'Resource\tUsed\tHard');
    writer.line(1, '--------\t---\t---');
    for (const [name, limit] of Object.entries(status?.hard ?? {}).sort()) {
      writer.line(1, `${name}\t${status?.used?.[name] ?? '0'}\t${limit}`);
    }
  }
}

function namespaceRanges(writer: DescriptionWriter, ranges: readonly LimitRange[]): void {
  if (ranges.length === 0) {
    writer.line(0, '').line(0, 'No LimitRange resource.');
    return;
  }
  writer.line(0, '').line(0, 'Resource Limits');
  describeLimits(
    writer,
    ranges.flatMap(({ spec }) => spec?.limits ?? []),
    ' ',
  );
}

export function describeNode(
  writer: DescriptionWriter,
  node: Node,
  about: {
    /** Undefined if they may not be seen. */
    readonly pods: readonly Pod[] | undefined;
    /** Or why it could not be read. */
    readonly lease: Lease | string;
    readonly ages: Ages;
  },
): void {
  const { status = {} } = node;
  const { pods, lease, ages } = about;
  writer.field(0, 'Name', node.metadata.name);
  writer.field(0, 'Roles', rolesOf(node).join(','));
  writer.map(0, 'Labels', node.metadata.labels);
  writer.map(0, 'Annotations', node.metadata.annotations);
  writer.field(0, 'CreationTimestamp', goTime(node.metadata.creationTimestamp));
  const taints = [...(node.spec.taints ?? [])].sort((a, b) =>
    `${a.effect},${a.key}` < `${b.effect},${b.key}` ? -1 : 1,
  );
  writer.list(
    0,
    'Taints',
    taints.map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`),
  );
  writer.field(0, 'Unschedulable', node.spec.unschedulable ?? false);
  if (typeof lease === 'string') writer.field(0, 'Lease', `Failed to get lease: ${lease}`);
  else {
    writer.line(0, 'Lease:');
    writer.field(1, 'HolderIdentity', lease.spec.holderIdentity ?? '<unset>');
    writer.field(1, 'AcquireTime', goTime(lease.spec.acquireTime));
    writer.field(1, 'RenewTime', goTime(lease.spec.renewTime));
  }
  describeNodeConditions(writer, status.conditions ?? []);
  writer.line(0, 'Addresses:');
  for (const address of status.addresses ?? []) writer.field(1, address.type, address.address);
  for (const [title, amounts] of [
    ['Capacity', status.capacity],
    ['Allocatable', status.allocatable],
  ] as const) {
    if (amounts !== undefined) writer.line(0, `${title}:`);
    for (const [name, amount] of Object.entries(amounts ?? {}).sort())
      writer.field(1, name, amount);
  }
  describeSystem(writer, node);
  if (pods === undefined) writer.field(0, 'Pods', 'not authorized');
  else describeNodePods(writer, node, { pods, ages });
}

function rolesOf({ metadata }: Node): readonly string[] {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(prefix)) return [key.slice(prefix.length)];
    return key === 'kubernetes.io/role' ? [value] : [];
  });
  return [...new Set(roles)].filter((role) => role !== '').sort();
}

function describeNodeConditions(
  writer: DescriptionWriter,
  conditions: NonNullable<NonNullable<Node['status']>['conditions']>,
): void {
  if (conditions.length === 0) return;
  writer.table(0, 'Conditions', {
    headers: ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'],
    rows: conditions.map((c) => [
      `${c.type} `,
      `${c.status} `,
      `${goTime(c.lastHeartbeatTime)} `,
      `${goTime(c.lastTransitionTime)} `,
      `${c.reason ?? ''} `,
      c.message ?? '',
    ]),
  });
}

function describeSystem(writer: DescriptionWriter, node: Node): void {
  const system = node.status?.nodeInfo;
  if (system) {
    writer.line(0, 'System Info:');
    writer.field(1, 'Machine ID', system.machineID);
    writer.field(1, 'System UUID', system.systemUUID);
    writer.field(1, 'Boot ID', system.bootID);
    writer.field(1, 'Kernel Version', system.kernelVersion);
    writer.field(1, 'OS Image', system.osImage);
    writer.field(1, 'Operating System', system.operatingSystem);
    writer.field(1, 'Architecture', system.architecture);
    writer.field(1, 'Container Runtime Version', system.containerRuntimeVersion);
    writer.field(1, 'Kubelet Version', system.kubeletVersion);
    writer.line(1, `Kube-Proxy Version:\t${system.kubeProxyVersion}`);
  }
  if (node.spec.podCIDR) writer.field(0, 'PodCIDR', node.spec.podCIDR);
  if (node.spec.podCIDRs) writer.field(0, 'PodCIDRs', node.spec.podCIDRs.join(','));
  if (node.spec.providerID) writer.field(0, 'ProviderID', node.spec.providerID);
}
