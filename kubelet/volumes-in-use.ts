import { namespaceOf, uidOf } from '../api/meta.ts';
import { persistentVolumeClaims, persistentVolumes } from '../api/resources.ts';
import { claimNamesOf } from '../api/scheduling/volumes.ts';
import { isStatus } from '../api/status.ts';
import type { Node, Pod } from '../api/types/core-v1.ts';
import type { Client } from '../client/interface.ts';

export interface VolumesInUseOptions {
  readonly client: Client;
  readonly latest: () => Node | undefined;
  /** Those whose containers may still run. */
  readonly pods: () => readonly Pod[];
}

/**
 * Of the volumes attached to one node those that its pods mount: `node.status.volumesInUse`, which
 * keeps them attached. Nodes without attached volumes ask for nothing.
 */
export class VolumesInUse {
  readonly #options: VolumesInUseOptions;
  /** By pod, what its claims are called in a node's status. */
  #known = new Map<string, readonly string[]>();
  #names: readonly string[] = [];

  constructor(options: VolumesInUseOptions) {
    this.#options = options;
  }

  /** As of the last look, in order. */
  get names(): readonly string[] {
    return this.#names;
  }

  async look(): Promise<void> {
    const { latest, pods } = this.#options;
    const attached = new Set(latest()?.status?.volumesAttached?.map(({ name }) => name));
    const known = new Map<string, readonly string[]>();
    if (attached.size > 0)
      for (const pod of pods())
        if (claimNamesOf(pod).length > 0)
          known.set(uidOf(pod), this.#known.get(uidOf(pod)) ?? (await this.#resolve(pod)));
    this.#known = known;
    const used = new Set([...known.values()].flat());
    this.#names = [...used].filter((name) => attached.has(name)).sort();
  }

  async #resolve(pod: Pod): Promise<string[]> {
    const { client } = this.#options;
    const names: string[] = [];
    for (const name of claimNamesOf(pod)) {
      try {
        const namespace = namespaceOf(pod);
        const claim = await client.get(persistentVolumeClaims, { namespace, name });
        const { spec } = await client.get(persistentVolumes, { name: claim.spec.volumeName! });
        if (spec.csi) names.push(`kubernetes.io/csi/${spec.csi.driver}^${spec.csi.volumeHandle}`);
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
    }
    return names;
  }
}
