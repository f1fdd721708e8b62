import type { ApiServer } from '../../apiserver/server-options.ts';
import type { RestMetrics } from '../../client/rest-metrics.ts';
import { createClient, type RestClient } from '../../client/rest.ts';
import { realClock } from '../../platform/node/clock.ts';

export interface Identity {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** Managers of fields are called as these begin: by the names that Kubernetes' components have. */
const userAgents: Readonly<Record<string, string>> = {
  controllers: 'kube-controller-manager/wherry',
  scheduler: 'kube-scheduler/wherry',
  kubelet: 'kubelet/wherry',
};

/** A client in this process: the certificate that a socket would carry is stated, not sent. */
export function inProcessClient(
  api: ApiServer,
  name: string,
  { identity, metrics }: { readonly identity: Identity; readonly metrics?: RestMetrics },
): RestClient {
  const certificate = {
    commonName: identity.commonName,
    organizations: identity.organizations ?? [],
  };
  const peer = { address: 'in-process', certificate };
  return createClient({
    handler: (request) => api.handler({ ...request, peer }),
    userAgent: userAgents[name] ?? `wherry-${name}`,
    clock: realClock,
    ...(metrics === undefined ? {} : { metrics }),
  });
}
