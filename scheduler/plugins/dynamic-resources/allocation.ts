/** What is written into a claim's status once devices were found for it. */
import { deepEqual } from '../../../api/deep.ts';
import type { NodeSelector, NodeSelectorRequirement } from '../../../api/types/core-v1.ts';
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceClass,
  ResourceClaim,
} from '../../../api/types/resource-v1.ts';
import type { PooledDevice } from './pools.ts';
import type { Want } from './wants.ts';

export interface Allotted {
  readonly want: Want;
  readonly deviceClass: DeviceClass;
  readonly item: PooledDevice;
}

export function allocationOf(
  claim: ResourceClaim,
  allotted: readonly Allotted[],
): AllocationResult {
  const results = allotted.map(({ want, item }) => ({
    request: want.name,
    driver: item.driver,
    pool: item.pool,
    device: item.device.name,
    ...(want.adminAccess === undefined ? {} : { adminAccess: want.adminAccess }),
  }));
  const config = configurations(claim, allotted);
  const nodeSelector = nodesOf(allotted);
  return {
    devices: { results, ...(config.length === 0 ? {} : { config }) },
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
  };
}

/** Of the classes, request by request, then of the claim. */
function configurations(
  claim: ResourceClaim,
  allotted: readonly Allotted[],
): DeviceAllocationConfiguration[] {
  const { config = [], ...devices } = claim.spec.devices ?? {};
  // The server writes null for lists that are empty.
  const requests = devices.requests ?? [];
  const chosen = requests.map(({ name }) => allotted.find(({ want }) => want.request === name));
  const ofClasses = chosen.flatMap((found) =>
    (found?.deviceClass.spec.config ?? []).map((each) => ({ source: 'FromClass', ...each })),
  );
  const names = new Set(
    chosen.flatMap((found) => (found ? [found.want.request, found.want.name] : [])),
  );
  const ofClaim = config
    .filter(({ requests: for_ = [] }) => for_.length === 0 || for_.some((name) => names.has(name)))
    .map((each) => ({ source: 'FromClaim', ...each }));
  return [...ofClasses, ...ofClaim];
}

/** Where the devices can be reached from; undefined: from everywhere. */
function nodesOf(allotted: readonly Allotted[]): NodeSelector | undefined {
  const matchFields: NodeSelectorRequirement[] = [];
  const matchExpressions: NodeSelectorRequirement[] = [];
  for (const { item } of allotted) {
    const { nodeName, nodeSelector } = item.slice.spec;
    if (nodeName) {
      const only = { key: 'metadata.name', operator: 'In', values: [nodeName] };
      return { nodeSelectorTerms: [{ matchFields: [only] }] };
    }
    const [term] = nodeSelector?.nodeSelectorTerms ?? [];
    addNew(matchFields, term?.matchFields);
    addNew(matchExpressions, term?.matchExpressions);
  }
  if (matchFields.length + matchExpressions.length === 0) return undefined;
  const term = {
    ...(matchExpressions.length === 0 ? {} : { matchExpressions }),
    ...(matchFields.length === 0 ? {} : { matchFields }),
  };
  return { nodeSelectorTerms: [term] };
}

function addNew(
  to: NodeSelectorRequirement[],
  from: readonly NodeSelectorRequirement[] = [],
): void {
  for (const each of from) if (!to.some((known) => deepEqual(known, each))) to.push(each);
}
