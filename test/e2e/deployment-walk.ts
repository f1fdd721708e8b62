/**
 * The walk that every cluster must pass, whatever store is below it and whatever client drives it:
 * apply, converge, scale, roll, self-heal, cordon, delete.
 */
import { expect } from 'vitest';
import { eventually, succeed } from './harness.ts';

/** A stock kubectl pointed at one cluster. */
export type Kubectl = (...args: string[]) => Promise<string>;

export function kubectlOf(path: string, kubeconfig: string, home: string): Kubectl {
  // A home of its own keeps discovery caches of other servers on the same port away.
  return (...args) => succeed(path, args, { env: { KUBECONFIG: kubeconfig, HOME: home } });
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly spec: {
      readonly nodeName?: string;
      readonly containers: readonly { image: string }[];
    };
    readonly status: { readonly phase: string; readonly podIP?: string };
  }[];
}

async function podsOf(kubectl: Kubectl, namespace: string): Promise<PodList['items']> {
  const list = JSON.parse(await kubectl('get', 'pods', '-n', namespace, '-o', 'json')) as PodList;
  return list.items.filter((pod) => pod.metadata.deletionTimestamp === undefined);
}

const running = (pods: PodList['items']): boolean =>
  pods.every((pod) => pod.status.phase === 'Running');

export async function deploymentWalk(kubectl: Kubectl): Promise<void> {
  expect(await kubectl('apply', '-f', 'examples/web.yaml')).toBe(
    'namespace/web created\ndeployment.apps/web created\nservice/web created\n',
  );
  expect(
    await kubectl('rollout', 'status', 'deployment/web', '-n', 'web', '--timeout=20s'),
  ).toContain('deployment "web" successfully rolled out');
  const pods = await podsOf(kubectl, 'web');
  expect(pods).toHaveLength(3);
  expect(running(pods)).toBe(true);
  expect(new Set(pods.map((pod) => pod.spec.nodeName)).size).toBe(3);

  const ips = pods.map((pod) => pod.status.podIP!).sort();
  expect(new Set(ips).size).toBe(3);
  await eventually('the endpoints to list every pod', async () => {
    const endpoints = JSON.parse(await kubectl('get', 'ep', 'web', '-n', 'web', '-o', 'json')) as {
      subsets?: { addresses?: { ip: string }[] }[];
    };
    const listed = (endpoints.subsets ?? []).flatMap((s) => (s.addresses ?? []).map((a) => a.ip));
    return JSON.stringify(listed.sort()) === JSON.stringify(ips);
  });

  expect(await kubectl('apply', '-f', 'examples/web.yaml')).toBe(
    'namespace/web unchanged\ndeployment.apps/web unchanged\nservice/web unchanged\n',
  );
  const wide = await kubectl('get', 'pods', '-n', 'web', '-o', 'wide');
  expect(wide.split('\n')[0]).toMatch(
    /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES$/,
  );
  expect(await kubectl('describe', 'deployment', 'web', '-n', 'web')).toContain(
    'ScalingReplicaSet',
  );

  await kubectl('scale', 'deployment/web', '-n', 'web', '--replicas=5');
  await eventually('five pods to run', async () => {
    const now = await podsOf(kubectl, 'web');
    return now.length === 5 && running(now);
  });

  await kubectl('set', 'image', 'deployment/web', 'nginx=nginx:1.28', '-n', 'web');
  await kubectl('rollout', 'status', 'deployment/web', '-n', 'web', '--timeout=30s');
  await eventually('only pods of the new image', async () => {
    const now = await podsOf(kubectl, 'web');
    return now.length === 5 && now.every((pod) => pod.spec.containers[0]!.image === 'nginx:1.28');
  });

  const victim = (await podsOf(kubectl, 'web'))[0]!.metadata.name;
  await kubectl('delete', 'pod', victim, '-n', 'web');
  await eventually('a replacement', async () => {
    const now = await podsOf(kubectl, 'web');
    const replaced = !now.some((pod) => pod.metadata.name === victim);
    return replaced && now.length === 5 && running(now);
  });

  await kubectl('cordon', 'node1');
  await kubectl('scale', 'deployment/web', '-n', 'web', '--replicas=11');
  const before = new Set((await podsOf(kubectl, 'web')).map((pod) => pod.metadata.name));
  await eventually('eleven pods to run', async () => {
    const now = await podsOf(kubectl, 'web');
    return now.length === 11 && running(now);
  });
  const added = (await podsOf(kubectl, 'web')).filter((pod) => !before.has(pod.metadata.name));
  expect(added.filter((pod) => pod.spec.nodeName === 'node1')).toEqual([]);
  await kubectl('uncordon', 'node1');

  await kubectl('delete', 'deployment', 'web', '-n', 'web');
  await eventually(
    'the pods to be collected',
    async () => (await podsOf(kubectl, 'web')).length === 0,
  );
  const sets = await kubectl('get', 'replicasets', '-n', 'web', '-o', 'name');
  expect(sets).toBe('');
  await kubectl('delete', 'namespace', 'web', '--timeout=30s');
}
