/** An extender over HTTP that does what the pod's label "say" tells, for any scheduler. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pods } from '../../../api/resources.ts';
import type { Pod } from '../../../api/types/core-v1.ts';
import type { RestClient } from '../../../client/rest.ts';
import type { Lifecycle } from '../../../platform/lifecycle.ts';
import { extenderResources } from './extenders.ts';

interface Args {
  readonly Pod: Pod;
  readonly Nodes: { readonly items: readonly { metadata: { name: string } }[] } | null;
  readonly NodeNames: readonly string[] | null;
  readonly NodeNameToVictims?: Readonly<Record<string, { readonly Pods: readonly Pod[] }>>;
  readonly PodName?: string;
  readonly PodUID?: string;
  readonly Node?: string;
}

interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

const label = (text: string): string => text.replaceAll(' ', '-');

function filter({ Pod: { metadata }, Nodes, NodeNames }: Args): Answer {
  const names = NodeNames ?? Nodes!.items.map((each) => each.metadata.name);
  const keep = (kept: readonly string[], more: object = {}): Answer => ({
    body: NodeNames
      ? { NodeNames: kept, ...more }
      : { Nodes: { items: Nodes!.items.filter((n) => kept.includes(n.metadata.name)) }, ...more },
  });
  const all = (why: string) => Object.fromEntries(names.map((name) => [name, why]));
  switch (metadata.labels?.['say']) {
    case label('keep n2'):
      return keep(['n2']);
    case label('refuse'):
      return keep([], { FailedNodes: all('no licence') });
    case label('unresolvable'):
      return keep([], { FailedAndUnresolvableNodes: all('never') });
    case label('some refused'):
      return keep([], { FailedNodes: { n1: 'no licence' } });
    case label('stay silent'):
      return keep([]);
    case label('fail'):
      return { body: { Error: 'out of order' } };
    case label('status 500'):
      return { status: 500, body: {} };
    case label('unknown node'):
      return { body: { NodeNames: ['n9'] } };
    case label('null'):
      return { body: null };
    default:
      return keep(names);
  }
}

function prioritize({ Pod: { metadata } }: Args): Answer {
  const say = metadata.labels?.['say'];
  if (say === label('scores fail')) return { status: 500, body: {} };
  return { body: say === label('prefer n3') ? [{ Host: 'n3', Score: 10 }] : [] };
}

function preempt({ NodeNameToVictims = {} }: Args): Answer {
  const kept = Object.entries(NodeNameToVictims).filter(([name]) => name === 'n2');
  const victims = kept.map(([name, { Pods }]) => [
    name,
    { Pods: Pods.map(({ metadata: { uid } }) => ({ UID: uid })) },
  ]);
  return { body: { NodeNameToMetaVictims: Object.fromEntries(victims) as unknown } };
}

async function bind(client: RestClient, { PodName, PodUID, Node }: Args): Promise<Answer> {
  const ref = { namespace: 'default', name: PodName! };
  const { metadata } = await client.get(pods, ref);
  if (metadata.labels?.['say'] === 'fail') return { body: { Error: 'no licence left' } };
  const target = { kind: 'Node', name: Node! };
  const head = { apiVersion: 'v1', kind: 'Binding', metadata: { ...ref, uid: PodUID } };
  await client.createSubresource(pods, ref, {
    subresource: 'binding',
    body: { ...head, target },
  });
  return { body: {} };
}

/** The configuration of the extenders, which are there as long as `parts`. */
export async function startExtenders(parts: Lifecycle, client: RestClient): Promise<object> {
  const verbs = { filter, prioritize, preempt, bind: (args: Args) => bind(client, args) };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const verb = request.url!.split('/').pop() as keyof typeof verbs;
      const args = JSON.parse(Buffer.concat(chunks).toString()) as Args;
      void Promise.resolve(verbs[verb](args)).then(({ status = 200, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await parts.start(() => ({
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  }));
  const { port } = server.address() as AddressInfo;
  const extender = (resource: keyof typeof extenderResources, more: object) => ({
    urlPrefix: `http://127.0.0.1:${port}/${resource}`,
    managedResources: [{ name: extenderResources[resource], ignoredByScheduler: true }],
    ...more,
  });
  const asked = { filterVerb: 'filter', prioritizeVerb: 'prioritize', weight: 100 };
  return {
    podInitialBackoffSeconds: 1,
    extenders: [
      extender('ignorable', { ...asked, ignorable: true }),
      extender('whole', asked),
      extender('names', { ...asked, nodeCacheCapable: true }),
      extender('bind', { bindVerb: 'bind' }),
      extender('preempt', { filterVerb: 'filter', preemptVerb: 'preempt' }),
    ],
  };
}
