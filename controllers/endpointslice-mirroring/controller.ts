/** EndpointSlice mirroring: Endpoints that somebody keeps by hand are seen by slice readers too. */
import { keyOf, namespaceOf } from '../../api/meta.ts';
import {
  endpoints as endpointsType,
  endpointSlices as sliceType,
  services as serviceType,
} from '../../api/resources.ts';
import { namespaceTerminates } from '../../api/status.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { CATCH_UP_MS, OwnWrites } from '../../client/own-writes.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { generatedName } from '../runtime/generated-name.ts';
import { remove } from '../runtime/remove.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import {
  isMirrored,
  MANAGED_BY,
  MANAGER,
  type MirrorPlan,
  planMirror,
  SERVICE_LABEL,
} from './plan.ts';

const NAME = 'endpointslice-mirroring-controller';
const MIRROR_INDEX = 'mirrored endpoints';

/** The Endpoints whose mirror this slice is. */
function mirrorOf(slice: EndpointSlice): string | undefined {
  const { labels = {} } = slice.metadata;
  const name = labels[SERVICE_LABEL];
  if (name === undefined || labels[MANAGED_BY] !== MANAGER) return undefined;
  return `${namespaceOf(slice)}/${name}`;
}

export function endpointSliceMirroringController(context: ControllerContext): Controller {
  const { client, clock, random } = context;
  const queue = new WorkQueue({ clock });
  const endpoints = context.informers.of(endpointsType);
  const services = context.informers.of(serviceType);
  const slices = context.informers.of(sliceType);
  /** What they were made of last: the next plan must not be about what was there before. */
  const own = new OwnWrites(client, sliceType, slices);
  slices.addIndex(MIRROR_INDEX, (slice) => [mirrorOf(slice) ?? '']);
  enqueueSelf(endpoints, queue);
  services.addHandler({
    added: (service) => queue.add(keyOf(service)),
    updated: (old, service) => {
      const before = Object.keys(old.spec?.selector ?? {}).length === 0;
      if (before !== (Object.keys(service.spec?.selector ?? {}).length === 0))
        queue.add(keyOf(service));
    },
    deleted: (service) => queue.add(keyOf(service)),
  });
  const changed = (slice: EndpointSlice): void => {
    const key = mirrorOf(slice);
    if (key !== undefined) queue.add(key);
  };
  slices.addHandler({
    added: changed,
    updated: (_, slice) => changed(slice),
    deleted: changed,
  });
  return {
    name: NAME,
    queue,
    informers: [endpoints, services, slices],
    async reconcile(key) {
      const of = endpoints.lister.get(key);
      const existing = slices.lister.byIndex(MIRROR_INDEX, key);
      if (of === undefined) {
        // Its mirror is garbage: the owner reference says so.
        own.forget(key);
        return undefined;
      }
      if (!(await own.shown(key))) return { requeueAfterMs: CATCH_UP_MS };
      const plan = isMirrored(of, services.lister.get(key))
        ? planMirror(of, existing)
        : { create: [], update: [], remove: existing };
      await apply(key, plan);
      return undefined;
    },
  };

  async function apply(key: string, plan: MirrorPlan): Promise<void> {
    for (const slice of plan.update)
      await own.run(key, slice, () => client.update(sliceType, slice));
    for (const draft of plan.create) {
      const name = generatedName(draft.metadata.generateName ?? '', random);
      const named = { ...draft, metadata: { ...draft.metadata, name } };
      try {
        await own.run(key, named, () => client.create(sliceType, named));
      } catch (error) {
        // The namespace is being emptied: its Endpoints go as well.
        if (!namespaceTerminates(error)) throw error;
      }
    }
    for (const slice of plan.remove) await remove(client, sliceType, slice);
  }
}
