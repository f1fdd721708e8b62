/** The endpoints controller: for each Service with a selector, an Endpoints object of its pods. */
import { keyOf, splitKey } from '../../api/meta.ts';
import {
  endpoints as endpointsType,
  pods as podType,
  services as serviceType,
} from '../../api/resources.ts';
import { isStatus, namespaceTerminates } from '../../api/status.ts';
import type { Endpoints, Service } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Client } from '../../client/interface.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { type Controller, type ControllerContext, recorderFor } from '../runtime/controller.ts';
import { equalityMatcher } from '../runtime/label-selector.ts';
import { NAMESPACE_INDEX } from '../runtime/owner-index.ts';
import { enqueueServices } from '../runtime/service-sources.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { TriggerTimes } from '../runtime/trigger-times.ts';
import { planEndpoints, sameEndpoints } from './plan.ts';

const NAME = 'endpoints-controller';

export function endpointsController(context: ControllerContext): Controller {
  const { client } = context;
  const queue = new WorkQueue({ clock: context.clock });
  const recorder = recorderFor(context, 'endpoint-controller');
  const services = context.informers.of(serviceType);
  const pods = context.informers.of(podType);
  const endpoints = context.informers.of(endpointsType);
  const triggerTimes = new TriggerTimes();
  /** Services whose end was seen: their Endpoints go with them, whoever wrote them. */
  const gone = new Set<string>();
  services.addHandler({ deleted: (service) => void gone.add(keyOf(service)) });
  enqueueServices(services, pods, queue);
  enqueueSelf(endpoints, queue);
  return {
    name: NAME,
    queue,
    informers: [services, pods, endpoints],
    async reconcile(key) {
      const current = endpoints.lister.get(key);
      const service = services.lister.get(key);
      if (service === undefined) {
        triggerTimes.forget(key);
        // Those that never had a Service are left alone unless this controller made them.
        const orphaned = current !== undefined && (isManaged(current) || gone.has(key));
        if (orphaned) await remove(client, key);
        gone.delete(key);
        return undefined;
      }
      gone.delete(key);
      if (!hasSelector(service) || service.metadata.deletionTimestamp !== undefined)
        return undefined;
      const matches = equalityMatcher(service.spec?.selector);
      const selected = pods.lister
        .byIndex(NAMESPACE_INDEX, splitKey(key).namespace)
        .filter(({ metadata }) => matches(metadata.labels));
      const triggerTime = triggerTimes.next(key, service, selected);
      const wanted = planEndpoints({ service, pods: selected, current, triggerTime });
      if (current !== undefined && sameEndpoints(current, wanted)) return undefined;
      await write({ client, recorder }, wanted, current === undefined);
      return undefined;
    },
    stop: () => recorder.stop(),
  };
}

const hasSelector = ({ spec }: Service): boolean =>
  spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;

const isManaged = ({ metadata }: Endpoints): boolean =>
  metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller';

async function write(
  { client, recorder }: { readonly client: Client; readonly recorder: EventRecorder },
  wanted: Endpoints,
  isNew: boolean,
): Promise<void> {
  try {
    if (isNew) await client.create(endpointsType, wanted);
    else await client.update(endpointsType, wanted);
  } catch (error) {
    // The namespace is being emptied: its Services go as well.
    if (isNew && namespaceTerminates(error)) return;
    const { namespace = '', name = '' } = wanted.metadata;
    const failed = isNew
      ? `Failed to create endpoint for service ${namespace}/${name}`
      : `Failed to update endpoint ${namespace}/${name}`;
    if (!isStatus(error, 'Conflict'))
      recorder.record(
        { apiVersion: 'v1', kind: endpointsType.kind, namespace, name },
        {
          type: 'Warning',
          reason: isNew ? 'FailedToCreateEndpoint' : 'FailedToUpdateEndpoint',
          message: `${failed}: ${(error as Error).message}`,
        },
      );
    throw error;
  }
}

async function remove(client: Client, key: string): Promise<void> {
  try {
    await client.delete(endpointsType, splitKey(key));
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
  }
}
