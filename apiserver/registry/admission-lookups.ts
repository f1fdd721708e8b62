import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { apiVersionOf, type ResourceType } from '../../api/resource.ts';
import {
  csiDrivers,
  endpointSlices,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  priorityClasses,
  resourceQuotas,
  serviceAccounts,
  services,
} from '../../api/resources.ts';
import type {
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../../api/types/admissionregistration-v1.ts';
import type { ResourceQuota, Service } from '../../api/types/core-v1.ts';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
} from '../../api/types/admissionregistration-v1beta1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import type { IngressClass } from '../../api/types/networking-v1.ts';
import type { RuntimeClass } from '../../api/types/node-v1.ts';
import type { StorageClass } from '../../api/types/storage-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import type { Random } from '../../platform/random.ts';
import type { Requester } from '../admission/admission.ts';
import type { AdmissionMetrics } from '../admission/admission-metrics.ts';
import type { Lookup, Lookups, Registered, Versions } from '../admission/lookups.ts';
import type { QuotaAccess } from '../admission/resource-quota/quota-books.ts';
import type { AccessCheck, AccessDecision } from '../../api/cel/libraries/authorizer.ts';
import type { ServiceLookup } from '../webhook/service-address.ts';
import { WebhookClient } from '../webhook/webhook-client.ts';
import { objectSuffix } from '../storage/keys.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import type { AccessControl } from './access-control.ts';

function registrations(storage: (resource: string) => ResourceStorage | undefined) {
  return {
    mutatingWebhooks: lookup<MutatingWebhookConfiguration>(
      storage('mutatingwebhookconfigurations'),
    ),
    validatingWebhooks: lookup<ValidatingWebhookConfiguration>(
      storage('validatingwebhookconfigurations'),
    ),
    validatingPolicies: lookup<ValidatingAdmissionPolicy>(storage('validatingadmissionpolicies')),
    validatingBindings: lookup<ValidatingAdmissionPolicyBinding>(
      storage('validatingadmissionpolicybindings'),
    ),
    mutatingPolicies: lookup<MutatingAdmissionPolicy>(storage('mutatingadmissionpolicies')),
    mutatingBindings: lookup<MutatingAdmissionPolicyBinding>(
      storage('mutatingadmissionpolicybindings'),
    ),
  };
}

const ADMISSION = 'admissionregistration.k8s.io';

/** Admission asks on every write: it is answered from what this server knows, if it can be. */
export function admissionLookups(of: {
  readonly storage: Storage;
  /** All that is served now. */
  readonly types: () => readonly ResourceType[];
  /** Where a resource is kept; undefined if it is not served. */
  readonly prefixOf: (type: Pick<ResourceType, 'group' | 'resource'>) => string | undefined;
  readonly control: AccessControl | undefined;
  readonly versions: Versions;
  readonly params: Lookups['params'];
  readonly outgoing: OutgoingHttp | undefined;
  readonly createNamespace: Lookups['createNamespace'];
  readonly metrics: AdmissionMetrics;
  readonly clock: Clock;
  readonly random: Random;
}): Lookups {
  const { storage, prefixOf, control, clock, random, outgoing } = of;
  const stored = (type: Pick<ResourceType, 'group' | 'resource'>): ResourceStorage | undefined => {
    const prefix = prefixOf(type);
    return prefix === undefined ? undefined : storage.resource(prefix);
  };
  const kept = <T extends KubernetesObject>(type: ResourceType<T>): Lookup<T> =>
    lookup<T>(stored(type));
  const served = serviceLookup(kept(services), kept(endpointSlices));
  return {
    namespaces: kept(namespaces),
    createNamespace: of.createNamespace,
    nodes: kept(nodes),
    pods: kept(pods),
    serviceAccounts: kept(serviceAccounts),
    limitRanges: kept(limitRanges),
    priorityClasses: kept(priorityClasses),
    claims: kept(persistentVolumeClaims),
    volumes: kept(persistentVolumes),
    csiDrivers: kept(csiDrivers),
    runtimeClasses: lookup<RuntimeClass>(
      stored({ group: 'node.k8s.io', resource: 'runtimeclasses' }),
    ),
    storageClasses: lookup<StorageClass>(
      stored({ group: 'storage.k8s.io', resource: 'storageclasses' }),
    ),
    ingressClasses: lookup<IngressClass>(
      stored({ group: 'networking.k8s.io', resource: 'ingressclasses' }),
    ),
    ...registrations((resource) => stored({ group: ADMISSION, resource })),
    params: of.params,
    metrics: of.metrics,
    versions: of.versions,
    outgoing,
    webhooks: outgoing && new WebhookClient({ http: outgoing, services: served, clock, random }),
    decide: (user, check) => decide(control, user, check),
    quotas: quotaAccess(stored(resourceQuotas)),
    resourcesOf: (apiVersion, kind) =>
      of.types().filter((type) => type.kind === kind && apiVersionOf(type) === apiVersion),
    mayAccess: async (user, access) => {
      if (control === undefined) return false;
      return (await control.authorize(user, { type: 'resource', ...access })).allowed;
    },
    clock,
    random,
  };
}

/** A decision for an expression, which may ask for paths and for service accounts too. */
async function decide(
  control: AccessControl | undefined,
  user: Requester,
  check: AccessCheck,
): Promise<AccessDecision> {
  if (control === undefined) return { allowed: false, error: 'nobody can decide' };
  const { verb, path, serviceAccount: account, ...access } = check;
  const subject =
    account === undefined
      ? user
      : {
          name: `system:serviceaccount:${account.namespace}:${account.name}`,
          groups: [
            'system:serviceaccounts',
            `system:serviceaccounts:${account.namespace}`,
            'system:authenticated',
          ],
        };
  return control.authorize(
    subject,
    path === undefined ? { type: 'resource', verb, ...access } : { type: 'path', verb, path },
  );
}

function serviceLookup(known: Lookup<Service>, slices: Lookup<EndpointSlice>): ServiceLookup {
  return {
    service: async (namespace, name) => known.named(namespace, name),
    endpointSlices: async (namespace, service) =>
      (await slices.known(namespace)).filter(
        ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service,
      ),
  };
}

const valuesOf = <T extends KubernetesObject>(objects: readonly StoredObject[]): readonly T[] =>
  objects.map((object) => object.value as T);

function lookup<T extends KubernetesObject>(storage: ResourceStorage | undefined): Registered<T> {
  if (storage === undefined)
    return { served: false, some: () => false, known: () => [], named: () => undefined };
  return {
    served: true,
    some: () => storage.some(),
    known(namespace) {
      const known = storage.known(namespace);
      return known instanceof Promise ? known.then(valuesOf<T>) : valuesOf<T>(known);
    },
    named(namespace, name) {
      const cached = storage.cached(namespace, name);
      if (cached !== undefined) return cached.value as T;
      return storage.read(namespace, name).then((read) => read?.value as T | undefined);
    },
  };
}

function quotaAccess(storage: ResourceStorage | undefined): QuotaAccess {
  const quotas = lookup<ResourceQuota>(storage);
  return {
    known: (namespace) => quotas.known(namespace),
    async current(namespace) {
      const page = await storage?.list({ namespace }, { resourceVersion: '' });
      return valuesOf<ResourceQuota>(page?.objects ?? []);
    },
    async update({ namespace, name }, change) {
      await storage?.writer.transact(objectSuffix(namespace, name), (current) => {
        const next: Mutable<ResourceQuota> | undefined =
          current === undefined ? undefined : change(current.value as ResourceQuota);
        return next === undefined ? { type: 'keep' } : { type: 'put', object: next };
      });
    },
  };
}
