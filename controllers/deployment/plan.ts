/**
 * The next step of a Deployment, decided from what the caches show. One step changes as little as
 * can be checked: what it changes comes back as an event and brings the next.
 */
import { nameOf, namespaceOf } from '../../api/meta.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { LabelSelector } from '../../api/types/meta-v1.ts';
import { controllerReference } from '../runtime/claim.ts';
import {
  byRevision,
  newestAnnotations,
  nextRevision,
  REVISION,
  sizeAnnotations,
} from './annotations.ts';
import { type ConditionText, conditionOf, foundText, isComplete, pauseText } from './conditions.ts';
import { rolls, wanted } from './limits.ts';
import { sizeOf, total, type Versions, versionsOf } from './replica-sets.ts';
import { newestSize, planRollingUpdate, type Resize } from './rolling.ts';
import { isScaling, planScaling } from './scaling.ts';
import { HASH_LABEL, templateHash } from '../runtime/template-hash.ts';

export interface DeploymentState {
  readonly deployment: Deployment;
  /** Those it owns. */
  readonly replicaSets: readonly ReplicaSet[];
  /** Pods of a ReplicaSet, by its uid. Only Recreate asks: it waits for the old ones to end. */
  podsOf(replicaSetUid: string): readonly Pod[];
}

export interface DeploymentPlan {
  readonly versions: Versions;
  /** The ReplicaSet of a new template. */
  readonly create?: ReplicaSet;
  /** New annotations, size or minReadySeconds of ReplicaSets that are there. */
  readonly updates: readonly { readonly from: ReplicaSet; readonly to: ReplicaSet }[];
  /** Of the history, what is beyond its limit. */
  readonly remove: readonly ReplicaSet[];
  /** The Deployment's revision annotation, if it is to change. */
  readonly revision?: string;
  readonly condition?: ConditionText;
  /** False: no deadline runs. */
  readonly timed: boolean;
}

export function planDeployment(state: DeploymentState): DeploymentPlan {
  const { deployment, replicaSets } = state;
  const versions = versionsOf(deployment, replicaSets);
  const idle = { versions, updates: [], remove: [], timed: false };
  if (deployment.metadata.deletionTimestamp !== undefined) return idle;
  const pause = pauseText(deployment);
  const paused = deployment.spec.paused === true;
  if (paused || isScaling(deployment, replicaSets)) {
    const remove = paused ? expiredHistory(deployment, versions.old) : [];
    const resizes = planScaling(deployment, versions);
    const plan = withResizes(deployment, { ...idle, remove }, resizes);
    return pause === undefined ? plan : { ...plan, condition: pause };
  }
  const plan = planRollout(state, versions);
  return pause === undefined || plan.condition !== undefined ? plan : { ...plan, condition: pause };
}

function planRollout(state: DeploymentState, versions: Versions): DeploymentPlan {
  const { deployment } = state;
  const { newest, old } = versions;
  const idle = { versions, updates: [], remove: [], timed: true };
  if (!rolls(deployment)) {
    const stop = old.filter((replicaSet) => sizeOf(replicaSet) > 0);
    if (stop.length > 0) {
      const resizes = stop.map((replicaSet) => ({ replicaSet, size: 0 }));
      return withResizes(deployment, revised(deployment, idle), resizes);
    }
    if (old.some((replicaSet) => runs(state.podsOf(replicaSet.metadata.uid ?? '')))) {
      return revised(deployment, idle);
    }
  }
  if (newest === undefined) return { ...idle, create: newReplicaSet(deployment, old) };
  const resizes = rolls(deployment)
    ? planRollingUpdate(deployment, { newest, old })
    : sizeOf(newest) === wanted(deployment)
      ? []
      : [{ replicaSet: newest, size: wanted(deployment) }];
  const plan = withResizes(deployment, revised(deployment, idle), resizes);
  const known = conditionOf(deployment.status?.conditions, 'Progressing');
  const found = known === undefined ? { condition: foundText(nameOf(newest)) } : {};
  const complete = deployment.status !== undefined && isComplete(deployment, deployment.status);
  return { ...plan, ...found, remove: complete ? expiredHistory(deployment, old) : [] };
}

const runs = (pods: readonly Pod[]): boolean =>
  pods.some(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');

export function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const revision = nextRevision(old);
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      namespace: namespaceOf(deployment),
      name: `${nameOf(deployment)}-${hash}`,
      labels,
      annotations: { ...newestAnnotations(deployment, revision), ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: newestSize(deployment, 0, total(old)),
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: withHash(selector, hash),
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

function withHash(selector: LabelSelector, hash: string): LabelSelector {
  return { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } };
}

/** The newest ReplicaSet's revision and annotations brought up to date, and the Deployment's. */
function revised(deployment: Deployment, plan: DeploymentPlan): DeploymentPlan {
  const { newest, old } = plan.versions;
  if (newest === undefined) return plan;
  const revision = nextRevision(old);
  const current = newest.metadata.annotations ?? {};
  const annotations = newestAnnotations(deployment, revision, current);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const same =
    (newest.spec.minReadySeconds ?? 0) === minReadySeconds &&
    Object.entries(annotations).every(([name, value]) => current[name] === value);
  const to = {
    ...newest,
    metadata: { ...newest.metadata, annotations },
    spec: { ...newest.spec, minReadySeconds },
  };
  const written = annotations[REVISION];
  const known = deployment.metadata.annotations?.[REVISION];
  return {
    ...plan,
    updates: same ? [] : [{ from: newest, to }],
    ...(written === undefined || written === known ? {} : { revision: written }),
  };
}

/** Adds new sizes, each with the size annotations of now. */
function withResizes(
  deployment: Deployment,
  plan: DeploymentPlan,
  resizes: readonly Resize[],
): DeploymentPlan {
  const updates = new Map(plan.updates.map((update) => [update.from, update.to]));
  const sizes = sizeAnnotations(deployment);
  for (const { replicaSet, size } of resizes) {
    const current = replicaSet.metadata.annotations ?? {};
    const same =
      size === sizeOf(replicaSet) &&
      Object.entries(sizes).every(([name, value]) => current[name] === value);
    if (same) continue;
    const base = updates.get(replicaSet) ?? replicaSet;
    updates.set(replicaSet, {
      ...base,
      metadata: { ...base.metadata, annotations: { ...base.metadata.annotations, ...sizes } },
      spec: { ...base.spec, replicas: size },
    });
  }
  return { ...plan, updates: [...updates].map(([from, to]) => ({ from, to })) };
}

/** The oldest revisions beyond `revisionHistoryLimit`, of those that have nothing left to do. */
function expiredHistory(deployment: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const kept = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return [...kept]
    .sort(byRevision)
    .slice(0, Math.max(0, kept.length - limit))
    .filter(
      (replicaSet) =>
        sizeOf(replicaSet) === 0 &&
        (replicaSet.status?.replicas ?? 0) === 0 &&
        (replicaSet.status?.observedGeneration ?? 0) >= (replicaSet.metadata.generation ?? 0),
    );
}
