/** What a request of a claim asks for, one per alternative that it names. */
import type {
  DeviceClass,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  ExactDeviceRequest,
} from '../../../api/types/resource-v1.ts';

export interface Want {
  /** Of the request. */
  readonly request: string;
  /** As results name it: of the request, or "request/subrequest". */
  readonly name: string;
  readonly className: string;
  readonly selectors: readonly DeviceSelector[];
  /** All that there are, or so many. */
  readonly count: number | 'all';
  /** Devices are looked at, not taken (KEP-5018). */
  readonly adminAccess: boolean | undefined;
}

/** The alternatives in the order in which they are tried. */
export function wantsOf({ name, exactly, firstAvailable = [] }: DeviceRequest): readonly Want[] {
  if (exactly !== undefined) return [wantOf(name, name, exactly)];
  return firstAvailable.map((each) => wantOf(name, `${name}/${each.name}`, each));
}

function wantOf(request: string, name: string, asked: ExactDeviceRequest | DeviceSubRequest): Want {
  const { deviceClassName: className, selectors = [], allocationMode, count = 1 } = asked;
  const adminAccess = 'adminAccess' in asked ? asked.adminAccess : undefined;
  const wanted = allocationMode === 'All' ? ('all' as const) : count;
  return { request, name, className, selectors, count: wanted, adminAccess };
}

export type ClassOf = (name: string) => DeviceClass | undefined;
