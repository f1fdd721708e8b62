import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import type {
  Endpoints,
  LimitRange,
  Namespace,
  Node,
  Pod,
  ResourceQuota,
  Service,
} from '../../api/types/core-v1.ts';
import type { Lease } from '../../api/types/coordination-v1.ts';
import { goTime } from './go-time.ts';
import { describeLimits } from './small.ts';
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
  const conditions = namespace.status?.conditions ?? [];
  if (conditions.length > 0) {
    writer.table(0, 'Conditions', {
      headers: ['Type', 'Status', 'LastTransitionTime', 'Reason', 'Message'],
      rows: conditions.map((c) => [
        c.type,
        c.status,
        goTime(c.lastTransitionTime),
        c.reason ?? '',
        c.message ?? '',
      ]),
    });
  }
  namespaceQuotas(writer, bounds.quotas);
  namespaceRanges(writer, bounds.ranges);
}

function namespaceQuotas(writer: DescriptionWriter, quotas: readonly ResourceQuota[]): void {
  if (quotas.length === 0) {
    writer.line(0, '').line(0, 'No resource quota.');
    return;
  }
  writer.line(0, '').line(0, 'Resource Quotas');
  for (const { metadata, status } of quotas) {
    writer.field(1, 'Name', metadata.name).line(1, 'Resource\tUsed\tHard');
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

/** `backing` is the Service's Endpoints or, where the server has them, its EndpointSlices. */
export function describeService(
  writer: DescriptionWriter,
  service: Service,
  backing: Endpoints | readonly EndpointSlice[] | undefined,
): void {
  const { spec } = service;
  writer.field(0, 'Name', service.metadata.name);
  writer.field(0, 'Namespace', service.metadata.namespace);
  writer.map(0, 'Labels', service.metadata.labels);
  writer.map(0, 'Annotations', service.metadata.annotations);
  const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  writer.field(0, 'Selector', selector.sort().join(','));
  writer.field(0, 'Type', spec.type);
  writer.field(0, 'IP Family Policy', spec.ipFamilyPolicy);
  writer.field(0, 'IP Families', (spec.ipFamilies ?? []).join(','));
  writer.field(0, 'IP', spec.clusterIP);
  writer.field(0, 'IPs', (spec.clusterIPs ?? []).join(','));
  for (const port of spec.ports ?? []) {
    const protocol = port.protocol ?? 'TCP';
    writer.field(0, 'Port', `${port.name ?? '<unset>'}  ${port.port}/${protocol}`);
    writer.field(0, 'TargetPort', `${port.targetPort ?? port.port}/${protocol}`);
    if (port.nodePort)
      writer.field(0, 'NodePort', `${port.name ?? '<unset>'}  ${port.nodePort}/${protocol}`);
    writer.field(0, 'Endpoints', endpointTexts(backing, port.name ?? '').join(','));
  }
  writer.field(0, 'Session Affinity', spec.sessionAffinity);
  if (spec.externalTrafficPolicy) {
    writer.field(0, 'External Traffic Policy', spec.externalTrafficPolicy);
  }
  if (spec.internalTrafficPolicy) {
    writer.field(0, 'Internal Traffic Policy', spec.internalTrafficPolicy);
  }
}

function endpointTexts(
  backing: Endpoints | readonly EndpointSlice[] | undefined,
  portName: string,
): string[] {
  if (backing === undefined) return [];
  if ('subsets' in backing || 'kind' in backing) {
    return (backing.subsets ?? []).flatMap((subset) => {
      const port = subset.ports?.find((p) => (p.name ?? '') === portName);
      return port === undefined
        ? []
        : (subset.addresses ?? []).map((address) => `${address.ip}:${port.port}`);
    });
  }
  return backing.flatMap((slice) => {
    const port = slice.ports?.find((p) => (p.name ?? '') === portName)?.port;
    const ready = slice.endpoints.filter((endpoint) => endpoint.conditions?.ready !== false);
    return port === undefined ? [] : ready.flatMap((e) => e.addresses.map((ip) => `${ip}:${port}`));
  });
}

export function describeNode(
  writer: DescriptionWriter,
  node: Node,
  { pods, lease }: { readonly pods: readonly Pod[]; readonly lease: Lease | undefined },
): void {
  const { status = {} } = node;
  const roles = Object.keys(node.metadata.labels ?? {})
    .filter((label) => label.startsWith('node-role.kubernetes.io/'))
    .map((label) => label.slice('node-role.kubernetes.io/'.length));
  writer.field(0, 'Name', node.metadata.name);
  writer.field(0, 'Roles', roles.join(','));
  writer.map(0, 'Labels', node.metadata.labels);
  writer.map(0, 'Annotations', node.metadata.annotations);
  writer.field(0, 'CreationTimestamp', goTime(node.metadata.creationTimestamp));
  const taints = (node.spec.taints ?? []).map(
    (taint) => `${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`,
  );
  writer.field(0, 'Taints', taints[0]);
  for (const taint of taints.slice(1)) writer.line(0, `\t${taint}`);
  writer.field(0, 'Unschedulable', node.spec.unschedulable ?? false);
  writer.line(0, 'Lease:');
  writer.field(1, 'HolderIdentity', lease?.spec.holderIdentity ?? '<unset>');
  writer.field(1, 'AcquireTime', goTime(lease?.spec.acquireTime));
  writer.field(1, 'RenewTime', goTime(lease?.spec.renewTime));
  writer.table(0, 'Conditions', {
    headers: ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'],
    rows: (status.conditions ?? []).map((c) => [
      c.type,
      c.status,
      `${goTime(c.lastHeartbeatTime)} `,
      `${goTime(c.lastTransitionTime)} `,
      c.reason ?? '',
      c.message ?? '',
    ]),
  });
  writer.line(0, 'Addresses:');
  for (const address of status.addresses ?? []) writer.field(1, address.type, address.address);
  for (const [title, amounts] of [
    ['Capacity', status.capacity],
    ['Allocatable', status.allocatable],
  ] as const) {
    writer.line(0, `${title}:`);
    for (const [name, amount] of Object.entries(amounts ?? {}).sort())
      writer.field(1, name, amount);
  }
  describeSystem(writer, node);
  writer.line(0, `Non-terminated Pods:\t(${pods.length} in total)`);
  if (pods.length === 0) return;
  writer.line(1, 'Namespace\tName');
  writer.line(1, '---------\t----');
  for (const pod of pods) writer.line(1, `${pod.metadata.namespace}\t${pod.metadata.name}`);
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
}
