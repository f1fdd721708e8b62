import type { Node } from '../../../../api/types/core-v1.ts';
import type { TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, NONE, UNKNOWN, wideColumn } from '../cells.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

/** "Ready", "NotReady" or "Unknown" (never reported), and whether it takes new pods. */
function status({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec?.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
}

function roles(node: Node): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key === ROLE_LABEL && value !== '') found.add(value);
    else if (key.startsWith(ROLE_PREFIX)) found.add(key.slice(ROLE_PREFIX.length));
  }
  found.delete('');
  return [...found].sort().join(',') || NONE;
}

function address(node: Node, type: string): string {
  return node.status?.addresses?.find((each) => each.type === type)?.address ?? NONE;
}

export const printer: TablePrinter<Node> = {
  columns: [
    nameColumn,
    column('Status'),
    column('Roles'),
    ageColumn,
    column('Version'),
    wideColumn('Internal-IP'),
    wideColumn('External-IP'),
    wideColumn('OS-Image'),
    wideColumn('Kernel-Version'),
    wideColumn('Container-Runtime'),
  ],
  cells(node, nowMs) {
    const about = node.status?.nodeInfo;
    return [
      node.metadata.name ?? '',
      status(node),
      roles(node),
      age(node, nowMs),
      about?.kubeletVersion ?? '',
      address(node, 'InternalIP'),
      address(node, 'ExternalIP'),
      about?.osImage || UNKNOWN,
      about?.kernelVersion || UNKNOWN,
      about?.containerRuntimeVersion || UNKNOWN,
    ];
  },
};
