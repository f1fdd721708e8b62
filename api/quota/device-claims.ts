import type { Quantity } from '../quantity.ts';
import { MAX_DEVICES } from '../scheduling/resource-claims.ts';
import type { ExactDeviceRequest, ResourceClaim } from '../types/resource-v1.ts';
import { addTo, type Amounts, count, raiseTo } from './amounts.ts';
import { countName, type Evaluator } from './evaluator.ts';

const COUNT = countName({ group: 'resource.k8s.io', resource: 'resourceclaims' });
const SUFFIX = '.deviceclass.resource.k8s.io/devices';

type Asked = Pick<ExactDeviceRequest, 'deviceClassName' | 'allocationMode' | 'count'>;

function devices({ deviceClassName, allocationMode, count: number = 1 }: Asked): Amounts {
  // All there are: at most as many as one claim can have.
  const most = allocationMode === 'All' ? MAX_DEVICES : number;
  return new Map([[deviceClassName + SUFFIX, count(most)]]);
}

/** Of alternatives the most per class counts: any may come to be chosen. */
function usage({ spec }: ResourceClaim): Amounts {
  const used = new Map<string, Quantity>([[COUNT, count(1)]]);
  for (const { exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    const worst = new Map<string, Quantity>();
    for (const alternative of firstAvailable) raiseTo(worst, devices(alternative));
    addTo(used, exactly === undefined ? worst : devices(exactly));
  }
  return used;
}

export const deviceClaimEvaluator: Evaluator<ResourceClaim> = {
  covers: (name) => name === COUNT || name.endsWith(SUFFIX),
  usage,
  inScope: () => false,
};
