import { UsageError } from '../usage-error.ts';
import type { Workload } from './workload.ts';

/** What `rollout status` says about a state, and whether the rollout is over. */
export interface RolloutStatus {
  readonly message: string;
  readonly done: boolean;
}

interface Counts {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly readyReplicas?: number;
  readonly currentReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly conditions?: readonly { readonly type: string; readonly reason?: string }[];
}

/** Throws a UsageError when the rollout has failed, or has no status to wait for. */
export function rolloutStatus(workload: Workload, revision: number): RolloutStatus {
  const status = (workload.status ?? {}) as Counts;
  const name = workload.metadata.name ?? '';
  const unseen = (status.observedGeneration ?? 0) < (workload.metadata.generation ?? 0);
  switch (workload.kind) {
    case 'Deployment':
      return unseen
        ? unseenYet('deployment')
        : deploymentStatus(workload, { status, name, revision });
    case 'DaemonSet': {
      checkStrategy(workload);
      return unseen ? unseenYet('daemon set') : daemonSetStatus(status, name);
    }
    default: {
      checkStrategy(workload);
      const waits = unseen || status.observedGeneration === undefined;
      return waits ? unseenYet('statefulset') : statefulSetStatus(workload, status);
    }
  }
}

const unseenYet = (what: string): RolloutStatus => ({
  message: `Waiting for ${what} spec update to be observed...\n`,
  done: false,
});

function checkStrategy(workload: Workload): void {
  if ((workload.spec.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') {
    throw new UsageError('rollout status is only available for RollingUpdate strategy type');
  }
}

function deploymentStatus(
  workload: Workload,
  of: { readonly status: Counts; readonly name: string; readonly revision: number },
): RolloutStatus {
  const { status, name, revision } = of;
  const current = Number(workload.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  if (revision > 0 && revision !== current) {
    throw new UsageError(
      `desired revision (${revision}) is different from the running revision (${current})`,
    );
  }
  const progressing = status.conditions?.find((condition) => condition.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    throw new UsageError(`deployment "${name}" exceeded its progress deadline`);
  }
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const wanted = workload.spec.replicas ?? 1;
  const waiting = (what: string): RolloutStatus => ({
    message: `Waiting for deployment "${name}" rollout to finish: ${what}...\n`,
    done: false,
  });
  if (updatedReplicas < wanted) {
    return waiting(`${updatedReplicas} out of ${wanted} new replicas have been updated`);
  }
  if (replicas > updatedReplicas) {
    return waiting(`${replicas - updatedReplicas} old replicas are pending termination`);
  }
  if (availableReplicas < updatedReplicas) {
    return waiting(`${availableReplicas} of ${updatedReplicas} updated replicas are available`);
  }
  return { message: `deployment "${name}" successfully rolled out\n`, done: true };
}

function daemonSetStatus(status: Counts, name: string): RolloutStatus {
  const { desiredNumberScheduled: wanted = 0, updatedNumberScheduled = 0 } = status;
  const { numberAvailable = 0 } = status;
  const head = `Waiting for daemon set "${name}" rollout to finish: `;
  if (updatedNumberScheduled < wanted) {
    const text = `${updatedNumberScheduled} out of ${wanted} new pods have been updated`;
    return { message: `${head}${text}...\n`, done: false };
  }
  if (numberAvailable < wanted) {
    const text = `${numberAvailable} of ${wanted} updated pods are available`;
    return { message: `${head}${text}...\n`, done: false };
  }
  return { message: `daemon set "${name}" successfully rolled out\n`, done: true };
}

function statefulSetStatus(workload: Workload, status: Counts): RolloutStatus {
  const wanted = workload.spec.replicas ?? 1;
  const { readyReplicas = 0, updatedReplicas = 0 } = status;
  const not = (message: string): RolloutStatus => ({ message, done: false });
  if (readyReplicas < wanted) {
    return not(`Waiting for ${wanted - readyReplicas} pods to be ready...\n`);
  }
  const { rollingUpdate } = workload.spec.updateStrategy ?? {};
  if (rollingUpdate !== undefined) {
    const due = wanted - (rollingUpdate.partition ?? wanted);
    if (updatedReplicas < due) {
      return not(
        `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${due} new pods ` +
          'have been updated...\n',
      );
    }
    const many = `${updatedReplicas} new pods have been updated`;
    return { message: `partitioned roll out complete: ${many}...\n`, done: true };
  }
  if (status.updateRevision !== status.currentRevision) {
    return not(
      `waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ` +
        `${status.updateRevision ?? ''}...\n`,
    );
  }
  const at = `${status.currentReplicas ?? 0} pods at revision ${status.currentRevision ?? ''}`;
  return { message: `statefulset rolling update complete ${at}...\n`, done: true };
}
