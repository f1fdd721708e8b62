import { endpointSlices } from '../api/resources.ts';
import type { Service } from '../api/types/core-v1.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.ts';
import type { Storage } from './storage/storage.ts';
import type { ServiceLookup } from './webhook/service-address.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';

/** Services as this server knows them, for calls to webhooks behind them. */
export function serviceLookup(storage: Storage, servicePrefix: string): ServiceLookup {
  return {
    async service(namespace, name) {
      const stored = storage.resource(servicePrefix);
      const found = stored?.cached(namespace, name) ?? (await stored?.read(namespace, name));
      return found?.value as Service | undefined;
    },
    async endpointSlices(namespace, service) {
      const stored = storage.resource(endpointSlices.resource);
      const page = await stored?.list({ namespace }, { resourceVersion: '0' });
      const slices = (page?.objects ?? []).map(({ value }) => value as EndpointSlice);
      return slices.filter(({ metadata }) => metadata.labels?.[SERVICE_NAME] === service);
    },
  };
}
