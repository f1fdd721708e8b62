import { endpointSlices, services } from '../../api/resources.ts';
import type { APIService } from '../../api/types/apiregistration-v1.ts';
import type { Effects } from '../../platform/effects.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import type { Upstream } from '../../platform/net/upstream.ts';
import type { SelfClient } from '../bootstrap/self-client.ts';
import { objectSource } from '../object-sources.ts';
import { apiService } from '../registry/kinds/apiregistration/apiservice.ts';
import { service } from '../registry/kinds/service/declaration.ts';
import { serviceLookup } from '../service-lookup.ts';
import type { Storage } from '../storage/storage.ts';
import { Aggregator, type AggregatorOptions } from './aggregator.ts';
import type { ProxyCertificate } from './target.ts';

/** What a server needs to ask others for what they serve. */
export interface Aggregation {
  readonly upstream: Upstream;
  readonly certificate: ProxyCertificate;
}

export interface AggregatorSurroundings extends Effects {
  readonly storage: Storage;
  readonly client: SelfClient;
  readonly custom: AggregatorOptions['custom'];
  readonly changed: () => void;
  readonly metrics?: Metrics;
}

/** Undefined where nobody else can be asked. */
export function aggregatorOf(
  { storage, ...surroundings }: AggregatorSurroundings,
  options: {
    readonly outgoing?: OutgoingHttp | undefined;
    readonly aggregation?: Aggregation | undefined;
  },
): Aggregator | undefined {
  const { outgoing: http, aggregation } = options;
  if (http === undefined || aggregation === undefined) return undefined;
  return new Aggregator({
    ...surroundings,
    ...aggregation,
    http,
    lookup: serviceLookup(storage, service.storagePrefix),
    apiServices: objectSource<APIService>(storage, {
      ...apiService.type,
      resource: apiService.storagePrefix,
    }),
    services: objectSource(storage, { ...services, resource: service.storagePrefix }),
    endpointSlices: objectSource(storage, endpointSlices),
  });
}
