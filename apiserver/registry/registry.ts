/**
 * The registry: every served resource by group, version and plural. In: declarations and a
 * store. Out: one {@link ResourceStore} per declaration, on one shared storage.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import type { Namespace } from '../../api/types/core-v1.ts';
import { namespaces } from '../../api/resources.ts';
import type { ResourceType } from '../../api/resource.ts';
import { assert } from '../../platform/assert.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Random } from '../../platform/random.ts';
import { AdmissionChain, type AdmissionPlugin } from '../admission/admission.ts';
import type { NamespaceLookup } from '../admission/namespace-lifecycle.ts';
import { defaultPlugins } from '../admission/plugins.ts';
import type { Storage, StoredResource } from '../storage/storage.ts';
import { claimRanges, DEFAULT_CLUSTER_IP_RANGE, DEFAULT_NODE_PORT_RANGE } from './claim-ranges.ts';
import type { ResourceDeclaration } from './declaration.ts';
import { ResourceStore } from './resource-store.ts';

export interface RegistryOptions {
  readonly declarations: readonly ResourceDeclaration[];
  /** Holds the resources of {@link storedResources}. */
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  /** CIDR of the Services' cluster IPs. Default 10.96.0.0/12. */
  readonly clusterIPRange?: string | undefined;
  /** Default "30000-32767". */
  readonly nodePortRange?: string | undefined;
  /** Default: {@link defaultPlugins}. */
  readonly admission?: (namespaces: NamespaceLookup) => readonly AdmissionPlugin[];
}

/** What the declarations ask of a storage. */
export function storedResources(
  declarations: readonly ResourceDeclaration[],
): readonly StoredResource[] {
  return declarations.map(({ type, storagePrefix, ttlSeconds }) => ({
    type,
    storagePrefix: storagePrefix ?? type.resource,
    ttlSeconds,
  }));
}

export class Registry {
  readonly #stores = new Map<string, ResourceStore>();

  constructor(options: RegistryOptions) {
    const { storage, clock, random } = options;
    const claims = claimRanges({
      storage,
      random,
      clusterIPRange: options.clusterIPRange ?? DEFAULT_CLUSTER_IP_RANGE,
      nodePortRange: options.nodePortRange ?? DEFAULT_NODE_PORT_RANGE,
    });
    const plugins = options.admission ?? defaultPlugins;
    const admission = new AdmissionChain(plugins(namespaceLookup(storage)));
    for (const declaration of options.declarations) {
      const { type } = declaration;
      const resource = storage.resource(declaration.storagePrefix ?? type.resource);
      assert(resource !== undefined, `no storage for ${type.resource}`);
      const store = new ResourceStore({
        declaration,
        storage: resource,
        admission,
        clock,
        random,
        claims,
      });
      this.#stores.set(storeKey(type), store);
    }
  }

  /** Undefined if it is not served. */
  store(type: Pick<ResourceType, 'group' | 'version' | 'resource'>): ResourceStore | undefined {
    return this.#stores.get(storeKey(type));
  }
}

function storeKey(type: Pick<ResourceType, 'group' | 'version' | 'resource'>): string {
  return `${type.group}/${type.version}/${type.resource}`;
}

function namespaceLookup(storage: Storage): NamespaceLookup {
  const stored = storage.resource(namespaces.resource);
  const value = (object: { readonly value: KubernetesObject } | undefined) =>
    object?.value as Namespace | undefined;
  return {
    cached: (name) => value(stored?.cached('', name)),
    read: async (name) => value(await stored?.read('', name)),
  };
}
