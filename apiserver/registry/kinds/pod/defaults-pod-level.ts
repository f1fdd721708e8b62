/** Defaults of the resources of a pod as a whole (KEP-2837). */
import type { Mutable } from '../../../../api/meta.ts';
import { formatQuantity } from '../../../../api/quantity.ts';
import { containersTotal, isPodLevel } from '../../../../api/quota/pod-resources.ts';
import type { PodSpec } from '../../../../api/types/core-v1.ts';
import { isHugePages } from '../resource-list.ts';

/**
 * Limits of huge pages and requests that the pod does not state follow from its containers, other
 * requests from its own limits. Containers' defaults come first.
 */
export function defaultPodLevelResources(spec: Mutable<PodSpec>): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const { limits = {}, requests = {} } = resources;
  if (Object.keys(limits).length === 0 && Object.keys(requests).length === 0) return;
  for (const [name, limit] of containersTotal(spec, 'limits')) {
    if (!isHugePages(name) || requests[name] !== undefined) continue;
    limits[name] ??= formatQuantity(limit);
  }
  if (Object.keys(limits).length === 0) return;
  resources.limits = limits;
  for (const [name, request] of containersTotal(spec, 'requests'))
    if (isPodLevel(name) && !isHugePages(name)) requests[name] ??= formatQuantity(request);
  for (const [name, limit] of Object.entries(limits))
    if (isPodLevel(name)) requests[name] ??= limit;
  if (Object.keys(requests).length > 0) resources.requests = requests;
}
