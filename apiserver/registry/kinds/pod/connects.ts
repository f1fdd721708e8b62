/** What a pod's node answers: logs, exec, attach, port-forward; and what the pod does: proxy. */
import { statusError } from '../../../../api/status.ts';
import type { Pod } from '../../../../api/types/core-v1.ts';
import type { ConnectRequest, ConnectSubresource, Passage } from '../../connect-subresource.ts';
import { booleanIn, integerIn } from '../connect/parameters.ts';
import { schemeNamePort } from '../connect/scheme-name-port.ts';
import { logParameters } from './log-options.ts';

const optionsKind = (kind: string) => ({ group: '', version: 'v1', kind });
const nameOf = ({ metadata }: Pod): string => metadata.name ?? '';

function containersOf({ spec }: Pod): string[] {
  const all = [
    ...(spec.initContainers ?? []),
    ...spec.containers,
    ...(spec.ephemeralContainers ?? []),
  ];
  return all.map(({ name }) => name);
}

/** The container that a request means, by the rules of Kubernetes. */
function containerOf(pod: Pod, asked: string | null): string {
  if (asked) {
    if (containersOf(pod).includes(asked)) return asked;
    throw statusError('BadRequest', `container ${asked} is not valid for pod ${nameOf(pod)}`);
  }
  const [first, second] = pod.spec.containers;
  if (first !== undefined && second === undefined) return first.name;
  throw statusError(
    'BadRequest',
    `a container name must be specified for pod ${nameOf(pod)}, ` +
      `choose one of: [${containersOf(pod).join(' ')}]`,
  );
}

function hostOf(pod: Pod): string {
  const { nodeName } = pod.spec;
  if (nodeName) return nodeName;
  throw statusError('BadRequest', `pod ${nameOf(pod)} does not have a host assigned`);
}

const log: ConnectSubresource<Pod> = {
  name: 'log',
  verbs: ['get'],
  carries: 'text',
  async passage({ name, namespace, query, parent }): Promise<Passage> {
    const parameters = logParameters(name, query);
    const pod = await parent(name);
    const container = containerOf(pod, query.get('container'));
    const { nodeName: node } = pod.spec;
    if (!node) return { to: 'nobody' };
    return {
      to: 'agent',
      node,
      query: parameters,
      path: `/containerLogs/${namespace}/${name}/${container}`,
      insecure: booleanIn(query, 'insecureSkipTLSVerifyBackend'),
    };
  },
};

function streamOptions({ query }: { readonly query: URLSearchParams }) {
  const set = (name: string) => (booleanIn(query, name) ? { [name]: true } : {});
  const container = query.get('container');
  return {
    ...set('stdin'),
    ...set('stdout'),
    ...set('stderr'),
    ...set('tty'),
    ...(container ? { container } : {}),
  };
}

async function streamPassage(
  path: 'exec' | 'attach',
  { name, namespace, query, parent }: ConnectRequest<Pod>,
): Promise<Passage> {
  const pod = await parent(name);
  const container = containerOf(pod, query.get('container'));
  const node = hostOf(pod);
  const asked = new URLSearchParams();
  for (const [name, kubelets] of [
    ['stdin', 'input'],
    ['stdout', 'output'],
    ['stderr', 'error'],
    ['tty', 'tty'],
  ] as const)
    if (booleanIn(query, name)) asked.set(kubelets, '1');
  if (path === 'exec') for (const word of query.getAll('command')) asked.append('command', word);
  return { to: 'agent', node, path: `/${path}/${namespace}/${name}/${container}`, query: asked };
}

const exec: ConnectSubresource<Pod> = {
  name: 'exec',
  verbs: ['create', 'get'],
  kind: optionsKind('PodExecOptions'),
  carries: 'upgrade',
  options: (request) => ({
    ...streamOptions(request),
    command: request.query.getAll('command'),
  }),
  passage: (request) => streamPassage('exec', request),
};

const attach: ConnectSubresource<Pod> = {
  name: 'attach',
  verbs: ['create', 'get'],
  kind: optionsKind('PodAttachOptions'),
  carries: 'upgrade',
  options: streamOptions,
  passage: (request) => streamPassage('attach', request),
};

const portsOf = (query: URLSearchParams): number[] =>
  query
    .getAll('ports')
    .flatMap((text) =>
      text.split(',').map((each) => integerIn(new URLSearchParams({ port: each }), 'port') ?? 0),
    );

const portForward: ConnectSubresource<Pod> = {
  name: 'portforward',
  verbs: ['create', 'get'],
  kind: optionsKind('PodPortForwardOptions'),
  carries: 'upgrade',
  options({ query }) {
    const ports = portsOf(query);
    return ports.length === 0 ? {} : { ports };
  },
  async passage({ name, namespace, query, parent }): Promise<Passage> {
    const node = hostOf(await parent(name));
    const ports = portsOf(query);
    const asked = new URLSearchParams(ports.length === 0 ? {} : { port: ports.join(',') });
    return { to: 'agent', node, path: `/portForward/${namespace}/${name}`, query: asked };
  },
};

const proxy: ConnectSubresource<Pod> = {
  name: 'proxy',
  verbs: ['create', 'delete', 'get', 'patch', 'update'],
  kind: optionsKind('PodProxyOptions'),
  carries: 'proxy',
  options: ({ path }) => (path === '' ? {} : { path }),
  async passage({ name: asked, namespace, query, path, parent }): Promise<Passage> {
    const { secure, name, port: text } = schemeNamePort('pod', asked);
    const pod = await parent(name);
    const first = pod.spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
    const port = text === '' ? (first ?? (secure ? 443 : 80)) : Number(text);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw statusError('BadRequest', `invalid pod request ${JSON.stringify(asked)}`);
    const node = hostOf(pod);
    return { to: 'pod', node, namespace, pod: name, port, secure, path, query };
  },
};

export const connects: readonly ConnectSubresource<Pod>[] = [log, exec, attach, portForward, proxy];
