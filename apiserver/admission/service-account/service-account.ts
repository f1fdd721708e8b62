import type { Mutable } from '../../../api/meta.ts';
import type { Pod, PodSpec, ServiceAccount as Account } from '../../../api/types/core-v1.ts';
import { type Clock, sleep } from '../../../platform/clock.ts';
import { type Random, randomSuffix } from '../../../platform/random.ts';
import { isCreateOf, MIRROR_ANNOTATION } from '../about.ts';
import {
  type AdmissionAttributes,
  type AdmissionPlugin,
  admissionForbidden,
} from '../admission.ts';
import type { Lookup } from '../lookups.ts';
import { unlistedSecret } from './secret-references.ts';
import { mountToken } from './token-volume.ts';

const DEFAULT_NAME = 'default';
const ENFORCE_SECRETS = 'kubernetes.io/enforce-mountable-secrets';
/** What Go takes for true. */
const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);

/** A namespace's default account comes a moment after the namespace. */
const ATTEMPTS = 10;
const RETRY_MS = { least: 100, spread: 100 } as const;
const SUFFIX_LENGTH = 5;

export interface ServiceAccountLookups {
  readonly serviceAccounts: Lookup<Account>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Pods run as a service account that exists, and get its token to talk to the API server. */
export class ServiceAccount implements AdmissionPlugin {
  readonly name = 'ServiceAccount';
  readonly #lookups: ServiceAccountLookups;

  constructor(lookups: ServiceAccountLookups) {
    this.#lookups = lookups;
  }

  handles(attributes: AdmissionAttributes): boolean {
    return isCreateOf(attributes, 'pods');
  }

  mutate(attributes: AdmissionAttributes): void | Promise<void> {
    const pod = attributes.object as Mutable<Pod>;
    const spec = pod.spec as Mutable<PodSpec> | undefined;
    if (spec === undefined || isMirror(pod)) return;
    if (!spec.serviceAccountName) {
      spec.serviceAccountName = spec.serviceAccount || DEFAULT_NAME;
      spec.serviceAccount = spec.serviceAccountName;
    }
    if (!this.#lookups.serviceAccounts.served) return;
    const account = this.#account(attributes, spec.serviceAccountName);
    if (account instanceof Promise) return account.then((found) => this.#equip(spec, found));
    this.#equip(spec, account);
  }

  validate(attributes: AdmissionAttributes): void | Promise<void> {
    const pod = attributes.object as Mutable<Pod>;
    if (isMirror(pod)) {
      const fault = mirrorFault(pod);
      if (fault !== undefined) throw admissionForbidden(attributes, fault);
      return;
    }
    if (!this.#lookups.serviceAccounts.served) return;
    const check = (account: Account): void => {
      const enforced = account.metadata.annotations?.[ENFORCE_SECRETS];
      if (enforced === undefined || !truths.has(enforced)) return;
      const fault = unlistedSecret(account, pod.spec);
      if (fault !== undefined) throw admissionForbidden(attributes, fault);
    };
    const account = this.#account(attributes, pod.spec.serviceAccountName ?? DEFAULT_NAME);
    return account instanceof Promise ? account.then(check) : check(account);
  }

  #account(attributes: AdmissionAttributes, name: string): Account | Promise<Account> {
    const { namespace } = attributes;
    const account = this.#lookups.serviceAccounts.named(namespace, name);
    if (account !== undefined && !(account instanceof Promise)) return account;
    return this.#await(attributes, name, account);
  }

  async #await(
    attributes: AdmissionAttributes,
    name: string,
    first: Promise<Account | undefined> | undefined,
  ): Promise<Account> {
    const { namespace, request } = attributes;
    const { serviceAccounts, clock, random } = this.#lookups;
    const intervalMs = RETRY_MS.least + random.below(RETRY_MS.spread, 'service account retry');
    let account = await first;
    for (let i = 1; account === undefined && name === DEFAULT_NAME && i < ATTEMPTS; i++) {
      await sleep(clock, intervalMs, request?.signal);
      if (request?.signal.aborted) break;
      account = await serviceAccounts.named(namespace, name);
    }
    if (account !== undefined) return account;
    throw admissionForbidden(
      attributes,
      `error looking up service account ${namespace}/${name}: ` +
        `serviceaccount ${JSON.stringify(name)} not found`,
    );
  }

  #equip(spec: Mutable<PodSpec>, account: Account): void {
    const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken;
    if (automount !== false)
      mountToken(spec, () => randomSuffix(this.#lookups.random, SUFFIX_LENGTH));
    const { imagePullSecrets = [] } = account;
    if ((spec.imagePullSecrets?.length ?? 0) === 0 && imagePullSecrets.length > 0)
      spec.imagePullSecrets = imagePullSecrets.map((secret) => ({ ...secret }));
  }
}

/** The node would take a changed copy for another pod. */
function isMirror({ metadata }: Mutable<Pod>): boolean {
  return metadata.annotations?.[MIRROR_ANNOTATION] !== undefined;
}

/** A mirror pod runs whatever the server says: it must not look as if it had been allowed more. */
function mirrorFault({ spec }: Mutable<Pod>): string | undefined {
  if (spec.serviceAccountName) return 'a mirror pod may not reference service accounts';
  const sources = (spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  const secrets =
    (spec.volumes ?? []).some(({ secret }) => secret !== undefined) ||
    sources.some(({ secret }) => secret !== undefined) ||
    (spec.imagePullSecrets?.length ?? 0) > 0 ||
    [...(spec.initContainers ?? []), ...spec.containers].some(
      ({ env = [], envFrom = [] }) =>
        env.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined) ||
        envFrom.some(({ secretRef }) => secretRef !== undefined),
    );
  if (secrets) return 'a mirror pod may not reference secrets';
  if (sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined))
    return 'a mirror pod may not use ServiceAccountToken volume projections';
  return undefined;
}
