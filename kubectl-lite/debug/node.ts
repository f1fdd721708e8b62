import type { Node, Pod } from '../../api/types/core-v1.ts';
import { podsPath } from '../pods/find-pod.ts';
import { customize, newContainer } from './container.ts';
import type { Debugged, DebugRequest } from './request.ts';
import { type OpenPod, profileNamed } from './profiles.ts';

/** A pod on the node, in its namespaces and with its files where the profile says so. */
export async function debugNode(request: DebugRequest, node: Node): Promise<Debugged> {
  const { session, line } = request;
  const { flags } = line;
  const containerName = flags.container || 'debugger';
  const nodeName = node.metadata.name ?? '';
  const name = `node-debugger-${nodeName}-${await session.environment.randomName(5)}`;
  if (!flags.quiet) {
    session.print(
      `Creating debugging pod ${name} with container ${containerName} on node ${nodeName}.`,
    );
  }
  const container = newContainer(request, containerName);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      containers: [container],
      nodeName,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
    },
  } as OpenPod;
  profileNamed(flags.profile)({ pod, container, style: 'node', keep: flags });
  await customize(request, container);
  const path = podsPath(session);
  const created = (await session.api.send({ method: 'POST', path, body: pod })) as Pod;
  return { pod: created, container: containerName };
}
