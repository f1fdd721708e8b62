/**
 * The Deployment controller: makes ReplicaSets for the versions of a pod template, and moves
 * replicas from one to the next at the pace the strategy allows.
 */
import { controllerOf, keyOf, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import {
  deployments as deploymentType,
  pods as podType,
  replicaSets as replicaSetType,
} from '../../api/resources.ts';
import { isStatus, namespaceTerminates } from '../../api/status.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { CATCH_UP_MS, OwnWrites } from '../../client/own-writes.ts';
import { BaseController } from '../runtime/base-controller.ts';
import { executeClaims, planClaims } from '../runtime/claim.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { labelMatcher, selectsEverything } from '../runtime/label-selector.ts';
import {
  indexByController,
  NAMESPACE_INDEX,
  orphansOf,
  OWNER_INDEX,
} from '../runtime/owner-index.ts';
import { enqueueMapped, enqueueSelf } from '../runtime/sources.ts';
import { REVISION } from './annotations.ts';
import { type ConditionText, createdText, createFailedText, timeLeftMs } from './conditions.ts';
import { type DeploymentPlan, planDeployment } from './plan.ts';
import { sizeOf } from './replica-sets.ts';
import { planStatus, sameStatus, statusWithout } from './status.ts';
import { sameTemplate } from '../runtime/template-hash.ts';

const NAME = 'deployment-controller';

export function deploymentController(context: ControllerContext): Controller {
  return new DeploymentController(context);
}

/** What creating a ReplicaSet came to. */
interface Created {
  readonly text?: ConditionText;
  readonly collisionCount?: number;
  readonly error?: Error;
}

class DeploymentController extends BaseController {
  readonly name = NAME;
  readonly #deployments = this.informerOf(deploymentType);
  readonly #replicaSets = this.informerOf(replicaSetType);
  readonly #pods = this.informerOf(podType);
  readonly #recorder = this.recorderAs(NAME);
  /** Sizes of ReplicaSets: the next step counts on what the last one did to all of them. */
  readonly #resized: OwnWrites<ReplicaSet>;

  constructor(context: ControllerContext) {
    super(context);
    this.#resized = new OwnWrites(context.client, replicaSetType, this.#replicaSets);
    indexByController(this.#deployments);
    indexByController(this.#replicaSets);
    indexByController(this.#pods);
    enqueueSelf(this.#deployments, this.queue);
    enqueueMapped(this.#replicaSets, this.queue, (replicaSet) => this.#keysFor(replicaSet));
    // Recreate waits for the last old pod to go: nothing else about pods matters here.
    this.#pods.addHandler({ deleted: (pod) => this.#podGone(pod) });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const deployment = this.#deployments.lister.get(key);
    if (deployment === undefined) {
      this.#resized.forget(key);
      return undefined;
    }
    if (!(await this.#resized.shown(key))) return { requeueAfterMs: CATCH_UP_MS };
    if (selectsEverything(deployment.spec.selector)) {
      const message = 'This deployment is selecting all pods. A non-empty selector is required.';
      this.#recorder.record(deployment, { type: 'Warning', reason: 'SelectingAll', message });
      return undefined;
    }
    const plan = planDeployment({
      deployment,
      replicaSets: await this.#claim(deployment),
      podsOf: (uid) => this.#pods.lister.byIndex(OWNER_INDEX, uid),
    });
    const created = plan.create && (await this.#create(deployment, plan.create));
    for (const { from, to } of plan.updates) await this.#resize(deployment, from, to);
    for (const replicaSet of plan.remove) await this.#remove(replicaSet);
    const revision = created?.error === undefined ? revisionFor(plan) : undefined;
    return this.#writeStatus({ deployment, revision }, plan, created);
  }

  #keysFor(replicaSet: ReplicaSet): readonly string[] {
    const owner = controllerOf(replicaSet);
    const namespace = namespaceOf(replicaSet);
    if (owner !== undefined)
      return owner.kind === 'Deployment' ? [`${namespace}/${owner.name}`] : [];
    return this.#deployments.lister
      .byIndex(NAMESPACE_INDEX, namespace)
      .filter(({ spec }) => labelMatcher(spec.selector)(replicaSet.metadata.labels))
      .map(keyOf);
  }

  #podGone(pod: Pod): void {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'ReplicaSet') return;
    const replicaSet = this.#replicaSets.lister.get(`${namespaceOf(pod)}/${owner.name}`);
    const key = replicaSet && this.#keysFor(replicaSet)[0];
    const deployment = key === undefined ? undefined : this.#deployments.lister.get(key);
    if (deployment?.spec.strategy?.type === 'Recreate') this.queue.add(keyOf(deployment));
  }

  #claim(deployment: Deployment): Promise<readonly ReplicaSet[]> {
    const { client } = this.context;
    const own = this.#replicaSets.lister.byIndex(OWNER_INDEX, uidOf(deployment));
    const orphans = orphansOf(this.#replicaSets.lister, namespaceOf(deployment));
    const matches = labelMatcher(deployment.spec.selector);
    const claims = planClaims<ReplicaSet>(deployment, ({ metadata }) => matches(metadata.labels), [
      ...own,
      ...orphans,
    ]);
    const types = { client, ownerType: deploymentType, type: replicaSetType };
    return executeClaims(types, deployment, claims);
  }

  async #create(deployment: Deployment, replicaSet: ReplicaSet): Promise<Created> {
    const name = nameOf(replicaSet);
    try {
      const { client } = this.context;
      const create = (): Promise<ReplicaSet> => client.create(replicaSetType, replicaSet);
      await this.#resized.run(keyOf(deployment), replicaSet, create);
    } catch (error) {
      if (isStatus(error, 'AlreadyExists')) return this.#existing(deployment, replicaSet, error);
      const failed = error as Error;
      if (namespaceTerminates(error)) return { error: failed };
      const text = createFailedText(name, failed.message);
      const { reason, message } = text;
      this.#recorder.record(deployment, { type: 'Warning', reason, message });
      return { text, error: failed };
    }
    const size = sizeOf(replicaSet);
    if (size > 0) this.#announce(deployment, `Scaled up replica set ${name} from 0 to ${size}`);
    return { text: createdText(name) };
  }

  /** Either our own, which the cache has not shown yet, or another's of the same hash. */
  async #existing(deployment: Deployment, replicaSet: ReplicaSet, error: Error): Promise<Created> {
    const ref = { namespace: namespaceOf(replicaSet), name: nameOf(replicaSet) };
    const live = await this.context.client.get(replicaSetType, ref);
    const ours = controllerOf(live)?.uid === deployment.metadata.uid;
    if (ours && sameTemplate(live.spec.template, deployment.spec.template)) return {};
    return { collisionCount: (deployment.status?.collisionCount ?? 0) + 1, error };
  }

  async #resize(deployment: Deployment, from: ReplicaSet, to: ReplicaSet): Promise<void> {
    const { client } = this.context;
    await this.#resized.run(keyOf(deployment), to, () => client.update(replicaSetType, to));
    const [before, after] = [sizeOf(from), sizeOf(to)];
    if (before === after) return;
    const direction = after > before ? 'up' : 'down';
    const name = nameOf(from);
    this.#announce(
      deployment,
      `Scaled ${direction} replica set ${name} from ${before} to ${after}`,
    );
  }

  async #remove(replicaSet: ReplicaSet): Promise<void> {
    const ref = { namespace: namespaceOf(replicaSet), name: nameOf(replicaSet) };
    const preconditions = { uid: uidOf(replicaSet) };
    try {
      await this.context.client.delete(replicaSetType, ref, { preconditions });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  /** With the status goes the annotation that names the revision, as in Kubernetes. */
  async #writeStatus(
    { deployment, revision }: { deployment: Deployment; revision: string | undefined },
    plan: DeploymentPlan,
    created: Created | undefined,
  ): Promise<ReconcileResult | undefined> {
    const { clock, client } = this.context;
    const nowMs = clock.now();
    const text = created?.text ?? plan.condition;
    const status =
      created?.error === undefined
        ? planStatus({
            deployment,
            versions: plan.versions,
            nowMs,
            timed: plan.timed,
            ...(text === undefined ? {} : { text }),
          })
        : statusWithout(deployment, created, nowMs);
    const metadata = revised(deployment, revision);
    if (metadata !== deployment.metadata || !sameStatus(deployment.status, status)) {
      const written = { ...deployment, metadata, status };
      await client.update(deploymentType, written, { subresource: 'status' });
    }
    if (created?.error !== undefined) throw created.error;
    const left = plan.timed ? timeLeftMs(deployment, status.conditions ?? [], nowMs) : undefined;
    // A second more, so that the deadline has surely passed by then.
    return left === undefined ? undefined : { requeueAfterMs: Math.max(0, left) + 1000 };
  }

  #announce(deployment: Deployment, message: string): void {
    this.#recorder.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }
}

function revised({ metadata }: Deployment, revision: string | undefined): Deployment['metadata'] {
  if (revision === undefined || metadata.annotations?.[REVISION] === revision) return metadata;
  return { ...metadata, annotations: { ...metadata.annotations, [REVISION]: revision } };
}

function revisionFor(plan: DeploymentPlan): string | undefined {
  return plan.create?.metadata.annotations?.[REVISION] ?? plan.revision;
}
