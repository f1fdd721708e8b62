/** Creates and deletes pods for their owner, and tells so as kube-controller-manager does. */
import {
  controllerOf,
  type Draft,
  type KubernetesObject,
  nameOf,
  namespaceOf,
  uidOf,
} from '../../api/meta.ts';
import { pods } from '../../api/resources.ts';
import { isStatus, namespaceTerminates } from '../../api/status.ts';
import type { Pod, PodTemplateSpec } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Lister } from '../../client/informer-interface.ts';
import type { Client } from '../../client/interface.ts';
import { mayHaveHappened } from '../../client/may-have-happened.ts';
import type { Random } from '../../platform/random.ts';
import { controllerReference } from './claim.ts';
import { generatedName } from './generated-name.ts';
import { slowStart } from './slow-start.ts';
import { Undecided } from './undecided.ts';

/** The pod that an owner's template describes; the server makes up the rest of the name. */
export function podOf(owner: KubernetesObject, template: PodTemplateSpec | undefined): Draft<Pod> {
  const { metadata, spec } = template ?? {};
  const { labels, annotations, finalizers } = metadata ?? {};
  return {
    metadata: {
      namespace: namespaceOf(owner),
      generateName: `${nameOf(owner)}-`,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: spec ?? { containers: [] },
  };
}

export const draftKey = ({ metadata }: Draft<Pod>): string =>
  `${metadata.namespace}/${metadata.name}`;

/** Names drawn for a pod until one is free; the last is tried in any case. */
const MAX_TRIES = 8;

/** Where the names of new pods come from, and where they are seen. */
export interface PodControlParts {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly random: Random;
  readonly pods: Lister<Pod>;
}

/**
 * Names are made up here, not by the server: a creation whose answer was lost is tried again under
 * the same name, and so never makes two pods.
 */
export class PodControl {
  readonly #parts: PodControlParts;
  readonly #created = new Undecided();
  readonly #removed = new Undecided();

  constructor(parts: PodControlParts) {
    this.#parts = parts;
  }

  /**
   * Gives each its name, before their creation is expected. What may have been created already
   * comes first; what the cache shows is decided.
   */
  named(owner: KubernetesObject, drafts: readonly Draft<Pod>[]): readonly Draft<Pod>[] {
    const { pods, random } = this.#parts;
    const undecided = new Set(this.#created.of(uidOf(owner)));
    for (const name of undecided) {
      if (pods.get(`${namespaceOf(owner)}/${name}`) === undefined) continue;
      undecided.delete(name);
      this.#created.settle(uidOf(owner), name);
    }
    const given = new Set<string>(undecided);
    // Five letters are few: among 5,000 pods two of the same name are as likely as not.
    const taken = (name: string): boolean =>
      given.has(name) || pods.get(`${namespaceOf(owner)}/${name}`) !== undefined;
    return drafts.map((draft) => {
      const { generateName: prefix = '' } = draft.metadata;
      const known = [...undecided].find((name) => name.startsWith(prefix));
      if (known !== undefined) undecided.delete(known);
      let name = known ?? generatedName(prefix, random);
      for (let tries = 1; known === undefined && tries < MAX_TRIES && taken(name); tries++)
        name = generatedName(prefix, random);
      given.add(name);
      return { ...draft, metadata: { ...draft.metadata, name } };
    });
  }

  /** Pods whose deletion may be under way: they are the first to go when some must. */
  removing(owner: KubernetesObject): ReadonlySet<string> {
    return this.#removed.of(uidOf(owner));
  }

  /** Creates a pod that {@link named} has named. */
  async create(owner: KubernetesObject, draft: Draft<Pod>): Promise<void> {
    const { recorder } = this.#parts;
    try {
      await this.#create(owner, draft);
      const message = `Created pod: ${draft.metadata.name}`;
      recorder.record(owner, { type: 'Normal', reason: 'SuccessfulCreate', message });
    } catch (error) {
      if (!namespaceTerminates(error)) {
        const message = `Error creating: ${(error as Error).message}`;
        recorder.record(owner, { type: 'Warning', reason: 'FailedCreate', message });
      }
      throw error;
    }
  }

  /** False if the pod was gone already. */
  async remove(owner: KubernetesObject, pod: Pod): Promise<boolean> {
    const { client, recorder } = this.#parts;
    const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
    this.#removed.settle(uidOf(owner), uidOf(pod));
    try {
      await client.delete(pods, ref, { preconditions: { uid: uidOf(pod) } });
      const message = `Deleted pod: ${ref.name}`;
      recorder.record(owner, { type: 'Normal', reason: 'SuccessfulDelete', message });
      return true;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      if (mayHaveHappened(error)) this.#removed.add(uidOf(owner), uidOf(pod));
      const message = `Error deleting: ${(error as Error).message}`;
      recorder.record(owner, { type: 'Warning', reason: 'FailedDelete', message });
      throw error;
    }
  }

  async #create(owner: KubernetesObject, draft: Draft<Pod>): Promise<void> {
    const { name = '' } = draft.metadata;
    const again = this.#created.of(uidOf(owner)).has(name);
    try {
      await this.#parts.client.create(pods, draft);
    } catch (error) {
      if (mayHaveHappened(error)) {
        this.#created.add(uidOf(owner), name);
        throw error;
      }
      // Tried for the first time, it is another pod that has the name.
      const exists = again && isStatus(error, 'AlreadyExists');
      if (!exists || !(await this.#isCreated(owner, name))) {
        this.#created.settle(uidOf(owner), name);
        throw error;
      }
    }
    this.#created.settle(uidOf(owner), name);
  }

  /** True if this very creation was carried out before, and its pod is still wanted. */
  async #isCreated(owner: KubernetesObject, name: string): Promise<boolean> {
    const ref = { namespace: namespaceOf(owner), name };
    try {
      const live = await this.#parts.client.get(pods, ref);
      return (
        controllerOf(live)?.uid === uidOf(owner) && live.metadata.deletionTimestamp === undefined
      );
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      this.#created.add(uidOf(owner), name);
      throw error;
    }
  }
}

/**
 * Creates them in growing batches up to the first that fails; `unseen` is told of those that no
 * event will show.
 */
export async function createPods(
  drafts: readonly Draft<Pod>[],
  create: (draft: Draft<Pod>) => Promise<void>,
  unseen: (draft: Draft<Pod>) => void,
): Promise<{ readonly succeeded: number; readonly error?: Error }> {
  const left = [...drafts];
  const outcome = await slowStart(drafts.length, async () => {
    const draft = left.shift()!;
    try {
      await create(draft);
    } catch (error) {
      unseen(draft);
      throw error;
    }
  });
  left.forEach(unseen);
  return outcome;
}

/**
 * Deletes them all, side by side; `unseen` is told of those whose deletion no event will show.
 * Returns the first failure.
 */
export async function removePods(
  doomed: readonly Pod[],
  remove: (pod: Pod) => Promise<boolean>,
  unseen: (pod: Pod) => void,
): Promise<Error | undefined> {
  const results = await Promise.allSettled(
    doomed.map(async (pod) => {
      let removed = false;
      try {
        removed = await remove(pod);
      } finally {
        if (!removed) unseen(pod);
      }
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  return failed?.reason as Error | undefined;
}
