import { statusError } from '../../../../api/status.ts';
import type { Node } from '../../../../api/types/core-v1.ts';
import type { ConnectSubresource, Passage } from '../../connect-subresource.ts';
import { schemeNamePort } from '../connect/scheme-name-port.ts';

/** "." and ".." would lead out of what belongs to the node, however they are written. */
function isUpwards(segment: string): boolean {
  return ['.', '..'].includes(segment.replaceAll(/%2e/gi, '.'));
}

/** The agent's own paths: /pods, /healthz, /containerLogs/… */
const proxy: ConnectSubresource<Node> = {
  name: 'proxy',
  verbs: ['create', 'delete', 'get', 'patch', 'update'],
  kind: { group: '', version: 'v1', kind: 'NodeProxyOptions' },
  carries: 'proxy',
  options: ({ path }) => (path === '' ? {} : { path }),
  async passage({ name: asked, query, path, parent }): Promise<Passage> {
    const { name, port } = schemeNamePort('node', asked);
    const { status } = await parent(name);
    const own = status?.daemonEndpoints?.kubeletEndpoint?.Port;
    if (port !== '' && port !== String(own ?? 10_250))
      throw statusError('BadRequest', `of node ${name} only its agent's port can be reached`);
    if (path.split(/[/\\]/).some(isUpwards))
      throw statusError('BadRequest', 'a path of a node must not lead upwards');
    return { to: 'agent', node: name, path, query };
  },
};

export const connects: readonly ConnectSubresource<Node>[] = [proxy];
