import { endpoints } from '../../../../api/resources.ts';
import { statusError } from '../../../../api/status.ts';
import type { Endpoints, Service } from '../../../../api/types/core-v1.ts';
import type { ConnectRequest, ConnectSubresource, Passage } from '../../connect-subresource.ts';
import { notFoundError } from '../../errors.ts';
import { schemeNamePort } from '../connect/scheme-name-port.ts';

/** The service's name of a port that is given by its number. */
async function portName(
  name: string,
  port: string,
  request: Pick<ConnectRequest<Service>, 'parent'>,
) {
  if (!/^\d+$/.test(port)) return port;
  const { spec } = await request.parent(name);
  const found = spec?.ports?.find((each) => String(each.port) === port);
  if (found !== undefined) return found.name ?? '';
  throw statusError(
    'ServiceUnavailable',
    `no service port ${port} found for service ${JSON.stringify(name)}`,
  );
}

interface Backend {
  readonly pod: string;
  readonly node: string;
  readonly port: number;
}

/** Ready pods behind the port. What is no pod of a node cannot be reached. */
function backends({ subsets = [] }: Endpoints, port: string): Backend[] {
  return subsets.flatMap(({ addresses = [], ports = [] }) => {
    const found = ports.find(({ name = '' }) => name === port);
    if (found === undefined) return [];
    return addresses.flatMap(({ targetRef, nodeName }) =>
      targetRef?.kind === 'Pod' && targetRef.name && nodeName
        ? [{ pod: targetRef.name, node: nodeName, port: found.port }]
        : [],
    );
  });
}

const proxy: ConnectSubresource<Service> = {
  name: 'proxy',
  verbs: ['create', 'delete', 'get', 'patch', 'update'],
  kind: { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
  carries: 'proxy',
  options: ({ path }) => (path === '' ? {} : { path }),
  async passage(request): Promise<Passage> {
    const { namespace, query, path, others, pick } = request;
    const { secure, name, port: asked } = schemeNamePort('service', request.name);
    const port = await portName(name, asked, request);
    const all = await others.list(endpoints, namespace);
    const found = all.find(({ metadata }) => metadata.name === name);
    if (found === undefined) throw notFoundError(endpoints, name);
    const reachable = backends(found, port);
    const chosen = reachable[reachable.length < 2 ? 0 : pick(reachable.length)];
    if (chosen === undefined)
      throw statusError(
        'ServiceUnavailable',
        `no endpoints available for service ${JSON.stringify(request.name)}`,
      );
    return { to: 'pod', ...chosen, namespace, secure, path, query };
  },
};

export const connects: readonly ConnectSubresource<Service>[] = [proxy];
