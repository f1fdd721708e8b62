import type { Pod } from '../../api/types/core-v1.ts';
import { isStatus } from '../../api/status.ts';
import { podPath } from '../pods/find-pod.ts';
import { UsageError } from '../usage-error.ts';
import { containerName, customize, newContainer } from './container.ts';
import { warnOfUser } from './not-root.ts';
import type { Debugged, DebugRequest } from './request.ts';
import { type OpenPod, profileNamed } from './profiles.ts';

/** The new one stands last. */
function orderOf({ spec }: Pod, name: string): object {
  const names = [...(spec.ephemeralContainers ?? []), { name }].map((one) => ({ name: one.name }));
  return { '$setElementOrder/ephemeralContainers': names };
}

/** A container beside those of the running pod. */
export async function debugEphemeral(request: DebugRequest, live: Pod): Promise<Debugged> {
  const { session, line } = request;
  const { flags } = line;
  const name = await containerName(request, live);
  const container = {
    ...newContainer(request, name),
    ...(flags.target === '' ? {} : { targetContainerName: flags.target }),
  };
  const pod = structuredClone(live) as OpenPod;
  profileNamed(flags.profile)({ pod, container, style: 'ephemeral', keep: flags });
  await customize(request, container);
  warnOfUser(session, pod, container);
  try {
    const answer = await session.api.send({
      method: 'PATCH',
      path: podPath(live, 'ephemeralcontainers'),
      body: { spec: { ephemeralContainers: [container], ...orderOf(live, name) } },
      contentType: 'application/strategic-merge-patch+json',
    });
    return { pod: answer as Pod, container: name };
  } catch (error) {
    if (!isStatus(error, 'NotFound') || error.status.details?.name) throw error;
    throw new UsageError(
      'ephemeral containers are disabled for this cluster (error from server: ' +
        `${JSON.stringify(error.message)})`,
    );
  }
}
