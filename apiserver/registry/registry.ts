/**
 * The registry: every served resource by group, version and plural. In: declarations and a
 * store. Out: one {@link ResourceStore} per declaration, on one shared storage.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { apiVersionOf, type ResourceType } from '../../api/resource.ts';
import { assert } from '../../platform/assert.ts';
import type { Clock } from '../../platform/clock.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import type { Random } from '../../platform/random.ts';
import { AdmissionMetrics } from '../admission/admission-metrics.ts';
import { AdmissionChain, type AdmissionPlugin } from '../admission/admission.ts';
import type { Lookup, Lookups } from '../admission/lookups.ts';
import { plugins } from '../admission/plugins.ts';
import type { Storage, StoredResource } from '../storage/storage.ts';
import { admissionLookups } from './admission-lookups.ts';
import {
  claimRanges,
  DEFAULT_CLUSTER_IP_RANGE,
  DEFAULT_NODE_PORT_RANGE,
  parseServiceRanges,
} from './claim-ranges.ts';
import type { ServiceCIDR } from '../../api/types/networking-v1.ts';
import type { Component } from './components.ts';
import { ComputedStore } from './computed-store.ts';
import type { ResourceDeclaration } from './declaration.ts';
import type { AccessControl } from './access-control.ts';
import { foreignObjects } from './foreign-objects.ts';
import { type ResourceContext, withoutStorage } from './resource-context.ts';
import { type NodeStats, noStats } from './node-stats.ts';
import { ResourceStore } from './resource-store.ts';
import { ipAddress } from './kinds/networking/ipaddress.ts';
import { serviceCidr } from './kinds/networking/servicecidr.ts';
import { ServiceAddresses } from './service-addresses.ts';
import { ReviewStore } from './review-store.ts';
import { isStored, StoredResources } from './stored-resources.ts';
import { DeclaredVersions } from './versions.ts';
import { ViewStore } from './view-store.ts';

export interface RegistryOptions {
  readonly declarations: readonly ResourceDeclaration[];
  /** Holds the resources of {@link storedResources}. */
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  /** CIDRs of the Services' cluster IPs, one or one of each family. Default 10.96.0.0/12. */
  readonly clusterIPRange?: string | undefined;
  /** Default "30000-32767". */
  readonly nodePortRange?: string | undefined;
  /** What reviews are answered from. Without it they are refused (503). */
  readonly control?: AccessControl | undefined;
  /** How webhooks are called. Absent: they cannot be. */
  readonly outgoing?: OutgoingHttp | undefined;
  readonly createNamespace?: Lookups['createNamespace'];
  /** Of whose health clients can ask. Default: none. */
  readonly components?: readonly Component[] | undefined;
  /** What nodes' agents have measured. Default: nobody asks them. */
  readonly stats?: NodeStats | undefined;
  /** Default: kept where nobody sees them. */
  readonly metrics?: Metrics | undefined;
  /** Default: those that are on in Kubernetes. */
  readonly admission?: (lookups: Lookups) => readonly AdmissionPlugin[];
}

/** What the declarations ask of a storage. */
export function storedResources(
  declarations: readonly ResourceDeclaration[],
): readonly StoredResource[] {
  return declarations.filter(isStored).map((declaration) => ({
    type: declaration.type,
    storagePrefix: storagePrefixOf(declaration),
    ttlSeconds: declaration.ttlSeconds,
    large: declaration.large,
    foreign: foreignObjects(declaration),
  }));
}

function storagePrefixOf({ storagePrefix, type }: ResourceDeclaration): string {
  return storagePrefix ?? type.resource;
}

export class Registry {
  readonly #stores = new Map<string, ResourceStore>();
  /** Groups that are served from the beginning. */
  readonly #builtIn: ReadonlySet<string>;
  /** The same with their versions. */
  readonly #builtInVersions: ReadonlySet<string>;
  readonly #versions: DeclaredVersions;
  /** Where cluster IPs come from. */
  readonly addresses: ServiceAddresses;
  readonly #shared: Omit<ResourceContext, 'declaration' | 'storage'>;

  constructor(options: RegistryOptions) {
    const { declarations, storage, clock, random } = options;
    this.#builtIn = new Set(declarations.map(({ type }) => type.group));
    this.#builtInVersions = new Set(declarations.map(({ type }) => apiVersionOf(type)));
    this.addresses = this.#serviceAddresses(options);
    const claims = claimRanges({
      storage,
      random,
      addresses: this.addresses,
      nodePortRange: options.nodePortRange ?? DEFAULT_NODE_PORT_RANGE,
    });
    const others = new StoredResources(storage, declarations);
    this.#versions = new DeclaredVersions(declarations);
    const metrics = new AdmissionMetrics(options.metrics ?? new Metrics(), clock);
    const lookups = admissionLookups({
      metrics,
      storage,
      clock,
      random,
      types: () => [...this.#stores.values()].map(({ declaration }) => declaration.type),
      prefixOf: prefixes(declarations),
      control: options.control,
      versions: this.#versions,
      params: (type) => this.#params(type),
      outgoing: options.outgoing,
      createNamespace: options.createNamespace,
    });
    const admission = new AdmissionChain((options.admission ?? plugins())(lookups), metrics);
    const { control, components = [], stats = noStats } = options;
    const versions = this.#versions;
    const shared = {
      admission,
      clock,
      random,
      claims,
      others,
      components,
      stats,
      control,
      versions,
    };
    this.#shared = shared;
    const contexts = new Map<ResourceDeclaration, ResourceContext>();
    for (const declaration of declarations.filter(isStored)) {
      const resource = storage.resource(storagePrefixOf(declaration));
      assert(resource !== undefined, `no storage for ${declaration.type.resource}`);
      const context = { ...shared, declaration, storage: resource };
      contexts.set(declaration, context);
      this.#stores.set(storeKey(declaration.type), new ResourceStore(context));
    }
    for (const declaration of declarations) {
      const { type, review, computed, actsOn } = declaration;
      const context = withoutStorage({ ...shared, declaration });
      const store =
        review !== undefined
          ? new ReviewStore(context, { review, control })
          : computed !== undefined
            ? new ComputedStore(context, computed)
            : actsOn && new ResourceStore(context);
      if (store !== undefined) this.#stores.set(storeKey(type), store);
    }
    for (const declaration of declarations) {
      if (declaration.view === undefined) continue;
      const context = contexts.get(declaration.view.of);
      assert(context !== undefined, `nothing is stored for ${declaration.type.resource}`);
      const store = new ViewStore({ ...context, declaration }, declaration.view);
      this.#stores.set(storeKey(declaration.type), store);
    }
  }

  /** They are kept where IPAddresses and ServiceCIDRs are, which are served where Services are. */
  #serviceAddresses(options: RegistryOptions): ServiceAddresses {
    const { storage, random, clusterIPRange = DEFAULT_CLUSTER_IP_RANGE } = options;
    const defaults = parseServiceRanges(clusterIPRange);
    assert(defaults !== undefined, `not a CIDR range: ${clusterIPRange}`);
    const kept = (type: ResourceType) => {
      const found = storage.resource(type.resource);
      assert(found !== undefined, `${type.resource} are not served`);
      return found;
    };
    return new ServiceAddresses({
      random,
      defaults,
      ranges: async () =>
        (await kept(serviceCidr.type).known('')).map(({ value }) => value as ServiceCIDR),
      store: () => this.open(ipAddress, kept(ipAddress.type)),
      known: (name) => kept(ipAddress.type).cached('', name) !== undefined,
    });
  }

  /** A store that requests do not reach, for the server's own work: admission has no say in it. */
  open(declaration: ResourceDeclaration, storage: ResourceContext['storage']): ResourceStore {
    const admission = new AdmissionChain([]);
    return new ResourceStore({ ...this.#shared, admission, declaration, storage });
  }

  /** Serves one more resource from now on, or the same in another way. */
  serve(declaration: ResourceDeclaration, storage: ResourceContext['storage']): void {
    const store = new ResourceStore({ ...this.#shared, declaration, storage });
    this.#stores.set(storeKey(declaration.type), store);
    this.#versions.add(declaration);
  }

  /** Requests for it answer 404 from now on; those under way go on. */
  withdraw(type: Pick<ResourceType, 'group' | 'version' | 'resource'>): void {
    this.#stores.delete(storeKey(type));
    this.#versions.remove(type);
  }

  /** Objects of any kind, as admission policies take them for parameters. */
  #params(type: ResourceType): Lookup<KubernetesObject> | undefined {
    const store = this.store(type);
    if (store === undefined) return undefined;
    return {
      served: true,
      async known(namespace) {
        const { objects } = await store.list({ namespace }, { resourceVersion: '0' });
        return objects.map(({ value }) => value);
      },
      async named(namespace, name) {
        try {
          return (await store.get({ namespace, name }, '0')).value;
        } catch (error) {
          if (!isStatus(error, 'NotFound')) throw error;
        }
        // It may be new.
        try {
          return (await store.get({ namespace, name })).value;
        } catch (error) {
          if (isStatus(error, 'NotFound')) return undefined;
          throw error;
        }
      },
    };
  }

  /** A version of a group that is served from the beginning has no other resources than these. */
  isBuiltIn(type: Pick<ResourceType, 'group' | 'version'>): boolean {
    return this.#builtInVersions.has(apiVersionOf(type));
  }

  /** Undefined if it is not served. */
  store(type: Pick<ResourceType, 'group' | 'version' | 'resource'>): ResourceStore | undefined {
    return this.#stores.get(storeKey(type));
  }

  /** Below it Kubernetes answers with a Status, whatever the path. */
  hasGroup({ group }: Pick<ResourceType, 'group'>): boolean {
    return this.#builtIn.has(group);
  }
}

/** Where what is stored is kept, by group and plural, whatever the version. */
function prefixes(
  declarations: readonly ResourceDeclaration[],
): (type: Pick<ResourceType, 'group' | 'resource'>) => string | undefined {
  const key = ({ group, resource }: Pick<ResourceType, 'group' | 'resource'>): string =>
    `${group}/${resource}`;
  const stored = new Map(
    declarations.filter(isStored).map((each) => [key(each.type), storagePrefixOf(each)] as const),
  );
  return (type) => stored.get(key(type));
}

function storeKey(type: Pick<ResourceType, 'group' | 'version' | 'resource'>): string {
  return `${type.group}/${type.version}/${type.resource}`;
}
