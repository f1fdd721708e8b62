/** The EndpointSlice controller: for each Service with a selector, slices of its pods. */
import { keyOf, nameOf, namespaceOf, splitKey } from '../../api/meta.ts';
import {
  endpointSlices as sliceType,
  nodes as nodeType,
  pods as podType,
  services as serviceType,
} from '../../api/resources.ts';
import { isStatus, namespaceTerminates } from '../../api/status.ts';
import type { Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Client } from '../../client/interface.ts';
import { CATCH_UP_MS, OwnWrites } from '../../client/own-writes.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Random } from '../../platform/random.ts';
import { type Controller, type ControllerContext, recorderFor } from '../runtime/controller.ts';
import { generatedName } from '../runtime/generated-name.ts';
import { remove } from '../runtime/remove.ts';
import { equalityMatcher } from '../runtime/label-selector.ts';
import { NAMESPACE_INDEX } from '../runtime/owner-index.ts';
import { enqueueServices } from '../runtime/service-sources.ts';
import { TriggerTimes } from '../runtime/trigger-times.ts';
import { asksForZones } from './hints.ts';
import { MANAGED_BY, MANAGER, planSlices, SERVICE_LABEL, type SlicePlan } from './plan.ts';
import { Topology } from './topology.ts';

const NAME = 'endpointslice-controller';
const SERVICE_INDEX = 'service';

export function endpointSliceController(context: ControllerContext): Controller {
  const { client, clock, random } = context;
  const queue = new WorkQueue({ clock });
  const recorder = recorderFor(context, 'endpoint-slice-controller');
  const services = context.informers.of(serviceType);
  const pods = context.informers.of(podType);
  const slices = context.informers.of(sliceType);
  const nodes = context.informers.of(nodeType);
  const triggerTimes = new TriggerTimes();
  /** What they were made of last: the next plan must not be about what was there before. */
  const own = new OwnWrites(client, sliceType, slices);
  slices.addIndex(SERVICE_INDEX, (slice) => [serviceKey(slice) ?? '']);
  enqueueServices(services, pods, queue);
  const topology = new Topology(nodes, recorder, (key) => queue.add(key));
  const changed = (slice: EndpointSlice): void => {
    const key = serviceKey(slice);
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
    informers: [services, pods, slices, nodes],
    async reconcile(key) {
      const service = services.lister.get(key);
      if (service === undefined) {
        own.forget(key);
        triggerTimes.forget(key);
        topology.forget(key);
      }
      // Slices of a Service that is gone are garbage: their owner reference says so.
      if (service?.metadata.deletionTimestamp !== undefined) return undefined;
      const selector = service?.spec?.selector;
      if (service === undefined || Object.keys(selector ?? {}).length === 0) return undefined;
      if (service.spec?.type === 'ExternalName') return undefined;
      if (!(await own.shown(key))) return { requeueAfterMs: CATCH_UP_MS };
      const matches = equalityMatcher(selector);
      const selected = pods.lister
        .byIndex(NAMESPACE_INDEX, splitKey(key).namespace)
        .filter(({ metadata }) => matches(metadata.labels));
      const plan = planSlices({
        service,
        pods: selected,
        existing: slices.lister.byIndex(SERVICE_INDEX, key),
        triggerTime: triggerTimes.next(key, service, selected),
        nodeOf: (name) => nodes.lister.get(name),
        ...(asksForZones(service) && { shares: topology.shares }),
      });
      await carryOut({ client, random, own, recorder }, service, plan);
      topology.wrote(service, plan.zones);
      if (plan.problems !== undefined) throw leftOut(recorder, service, plan.problems);
      return undefined;
    },
    stop: () => recorder.stop(),
  };
}

interface Effects {
  readonly client: Client;
  readonly random: Random;
  readonly own: OwnWrites<EndpointSlice>;
  readonly recorder: EventRecorder;
}

async function carryOut(effects: Effects, service: Service, plan: SlicePlan): Promise<void> {
  const { client, random, own } = effects;
  const key = keyOf(service);
  for (const slice of plan.update)
    await told(effects, { service, what: `update ${nameOf(slice)}` }, () =>
      own.run(key, slice, () => client.update(sliceType, slice)),
    );
  for (const draft of plan.create) {
    const name = generatedName(draft.metadata.generateName ?? '', random);
    const named = { ...draft, metadata: { ...draft.metadata, name } };
    await told(effects, { service, what: 'create' }, () =>
      own.run(key, named, () => client.create(sliceType, named)),
    );
  }
  for (const slice of plan.remove) await remove(client, sliceType, slice);
}

/** Is to be thrown: another look may find their nodes. */
function leftOut(recorder: EventRecorder, service: Service, problems: readonly string[]): Error {
  const why = problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`;
  tellOf(recorder, service, why);
  return new Error(why);
}

/** What is refused is told of at the Service, unless its namespace is being emptied. */
async function told(
  { recorder }: Effects,
  { service, what }: { readonly service: Service; readonly what: string },
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (namespaceTerminates(error)) return;
    const why = `failed to ${what} EndpointSlice for Service ${keyOf(service)}`;
    if (!isStatus(error, 'Conflict'))
      tellOf(recorder, service, `${why}: ${(error as Error).message}`);
    throw error;
  }
}

function tellOf(recorder: EventRecorder, service: Service, why: string): void {
  const message = `Error updating Endpoint Slices for Service ${keyOf(service)}: ${why}`;
  recorder.record(service, { type: 'Warning', reason: 'FailedToUpdateEndpointSlices', message });
}

/** The Service whose slice this controller manages. */
function serviceKey(slice: EndpointSlice): string | undefined {
  const { labels = {} } = slice.metadata;
  const service = labels[SERVICE_LABEL];
  if (service === undefined || labels[MANAGED_BY] !== MANAGER) return undefined;
  return `${namespaceOf(slice)}/${service}`;
}
