/** Numbers of replicas: never more than was asked for, never fewer than the strategy allows. */
import type { KubernetesObject } from '../../../../api/meta.ts';
import type { Deployment, ReplicaSet } from '../../../../api/types/apps-v1.ts';
import type { Pod } from '../../../../api/types/core-v1.ts';
import type { Change, Truth } from '../truth.ts';
import { isActive, isReady } from './placement.ts';

type Report = (problem: string) => void;

/** Caches are rarely behind for longer. */
const SETTLED_MS = 10_000;

export const controllerUid = ({ metadata }: KubernetesObject): string | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;

export const ownedBy = <T extends KubernetesObject>(
  objects: readonly T[],
  owner: KubernetesObject,
) => objects.filter((object) => controllerUid(object) === owner.metadata.uid);

const keyOf = ({ metadata }: KubernetesObject): string => `${metadata.namespace}/${metadata.name}`;
const rolls = ({ spec }: Deployment): boolean => spec.strategy?.type !== 'Recreate';
const wanted = ({ spec }: Deployment | ReplicaSet): number => spec.replicas ?? 1;

/** Surge rounds up, unavailability down; both 0 means one unavailable. */
function bounds(deployment: Deployment): { most: number; least: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } =
    deployment.spec.strategy?.rollingUpdate ?? {};
  const size = wanted(deployment);
  const of = (value: number | string, round: (n: number) => number): number =>
    typeof value === 'number' ? value : round((parseInt(value) * size) / 100);
  const surge = of(maxSurge, Math.ceil);
  const unavailable = of(maxUnavailable, Math.floor);
  const spared = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return rolls(deployment)
    ? { most: size + surge, least: Math.max(0, size - spared) }
    : { most: size, least: 0 };
}

export class ReplicaChecks {
  readonly #truth: Truth;
  readonly #report: Report;
  /** Since when a deployment has had as many pods available as it must. */
  readonly #enoughMs = new Map<string, number>();

  constructor(truth: Truth, report: Report) {
    this.#truth = truth;
    this.#report = report;
    truth.onChange((change) => {
      if (change.resource === 'pods') this.#pod(change);
      if (change.resource === 'replicasets') this.#replicaSet(change);
    });
  }

  #pod({ old, current, atMs }: Change): void {
    const [before, after] = [old as Pod | undefined, current as Pod | undefined];
    const owner = this.#truth.replicaSets.find(
      ({ metadata }) => metadata.uid === controllerUid((after ?? before)!),
    );
    if (owner === undefined) return;
    if (before === undefined && after !== undefined) this.#created(owner, after);
    const wasAvailable = before !== undefined && isActive(before) && isReady(before);
    const isAvailable = after !== undefined && isActive(after) && isReady(after);
    if (wasAvailable !== isAvailable)
      this.#counted(owner, atMs, wasAvailable ? keyOf(before) : undefined);
  }

  /** Never more than any size it had as long as a cache may be behind. */
  #created(owner: ReplicaSet, pod: Pod): void {
    const sizes = this.#truth.recent<ReplicaSet>('replicasets', keyOf(owner)).map(wanted);
    const most = Math.max(...sizes, 0);
    const active = ownedBy(this.#truth.pods, owner).filter(isActive).length;
    if (active > most)
      this.#report(`${keyOf(owner)} has ${active} pods of ${most} with ${pod.metadata.name}`);
  }

  /**
   * A floor that was held for as long as any cache may be behind must go on being held, unless
   * something else than the rollout took pods away, or people changed the number.
   */
  #counted(owner: ReplicaSet, atMs: number, lost: string | undefined): void {
    const { pods, replicaSets, deployments } = this.#truth;
    const deployment = deployments.find(({ metadata }) => metadata.uid === controllerUid(owner));
    if (deployment === undefined) return;
    const key = keyOf(deployment);
    const left = ownedBy(pods, owner).filter(isActive).length;
    // Not its ReplicaSet's doing: a node, a person, an eviction.
    if (lost !== undefined && left < wanted(owner)) this.#enoughMs.delete(key);
    const available = ownedBy(replicaSets, deployment)
      .flatMap((replicaSet) => ownedBy(pods, replicaSet))
      .filter((each) => isActive(each) && isReady(each)).length;
    const states = this.#truth.recent<Deployment>('deployments', key);
    const isSteady = new Set(states.map(wanted)).size === 1;
    const least = Math.min(...states.map((state) => bounds(state).least));
    const since = this.#enoughMs.get(key);
    if (available >= least && isSteady) {
      if (since === undefined) this.#enoughMs.set(key, atMs);
      return;
    }
    this.#enoughMs.delete(key);
    if (!isSteady || since === undefined || atMs - since < SETTLED_MS || lost === undefined) return;
    this.#report(`${key} has ${available} pods available of ${least} without ${lost}`);
  }

  /** The sizes of all versions together, when one grows. */
  #replicaSet({ old, current }: Change): void {
    const [before, after] = [old as ReplicaSet | undefined, current as ReplicaSet | undefined];
    if (after === undefined || wanted(after) <= (before === undefined ? 0 : wanted(before))) return;
    const { deployments, replicaSets } = this.#truth;
    const deployment = deployments.find(({ metadata }) => metadata.uid === controllerUid(after));
    if (deployment === undefined) return;
    const key = keyOf(deployment);
    const total = ownedBy(replicaSets, deployment).reduce((sum, each) => sum + wanted(each), 0);
    const states = this.#truth.recent<Deployment>('deployments', key);
    const most = Math.max(...states.map((state) => bounds(state).most));
    if (total > most) this.#report(`${key} asks for ${total} pods of at most ${most}`);
  }
}
