/** The devices that a node can reach, by the pools that their drivers publish. */
import { nameOf } from '../../../api/meta.ts';
import { matchesNodeSelector } from '../../../api/scheduling/node-selector.ts';
import { deviceId } from '../../../api/scheduling/resource-claims.ts';
import type { Node } from '../../../api/types/core-v1.ts';
import type { Device, ResourceSlice } from '../../../api/types/resource-v1.ts';

export interface PooledDevice {
  /** "driver/pool/device": unique in the cluster. */
  readonly id: string;
  readonly driver: string;
  readonly pool: string;
  readonly device: Device;
  readonly slice: ResourceSlice;
}

export interface Pool {
  /** "driver/pool" */
  readonly id: string;
  /** Some of its slices are not there yet. */
  readonly incomplete: boolean;
  /** Why nothing can be taken from it. */
  readonly invalid: string | undefined;
  readonly devices: readonly PooledDevice[];
}

/** Only the newest generation of a pool counts. In the order of names, so that all runs agree. */
export function poolsFor(node: Node, slices: readonly ResourceSlice[]): readonly Pool[] {
  const newest = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    if (!reaches(slice, node)) continue;
    const { driver, pool } = slice.spec;
    const id = `${driver}/${pool.name}`;
    const known = newest.get(id);
    const generation = known?.[0]!.spec.pool.generation ?? pool.generation;
    if (known === undefined || pool.generation > generation) newest.set(id, [slice]);
    else if (pool.generation === generation) known.push(slice);
  }
  const ids = [...newest.keys()].sort();
  return ids.map((id) => poolOf(id, newest.get(id)!));
}

function reaches({ spec }: ResourceSlice, node: Node): boolean {
  // Devices that each choose their nodes are a feature that 1.34 has off.
  if (spec.perDeviceNodeSelection !== undefined) return false;
  if (spec.nodeName) return spec.nodeName === nameOf(node);
  if (spec.allNodes) return true;
  return spec.nodeSelector !== undefined && matchesNodeSelector(spec.nodeSelector, node);
}

function poolOf(id: string, slices: readonly ResourceSlice[]): Pool {
  const sorted = slices.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const devices: PooledDevice[] = [];
  const names = new Set<string>();
  let invalid: string | undefined;
  for (const slice of sorted) {
    const { driver, pool } = slice.spec;
    for (const device of slice.spec.devices ?? []) {
      if (names.has(device.name)) invalid ??= `duplicate device name ${device.name}`;
      names.add(device.name);
      const place = { driver, pool: pool.name };
      devices.push({ id: deviceId({ ...place, device: device.name }), ...place, device, slice });
    }
  }
  const incomplete = slices.length !== slices[0]!.spec.pool.resourceSliceCount;
  return { id, incomplete, invalid, devices };
}
