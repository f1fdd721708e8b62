/**
 * Claims on devices (KEP-4381): makes those that pods ask for by template, gives back what pods
 * that are gone had, and deletes what was made for them. Which devices a claim gets is the
 * scheduler's business; a pod that was bound without it has its claims reserved here.
 * Keys are "pod/<namespace>/<name>" and "claim/<namespace>/<name>".
 */
import { type Draft, keyOf, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import {
  pods as podType,
  resourceClaims as claimType,
  resourceClaimTemplates as templateType,
} from '../../api/resources.ts';
import {
  canBeReserved,
  CLAIM_FINALIZER,
  consumer,
  isMadeFor,
  isReservedFor,
  notMadeFor,
  POD_CLAIM_NAME,
  podClaimKeys,
  podClaimOf,
} from '../../api/scheduling/resource-claims.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod, PodResourceClaim, PodResourceClaimStatus } from '../../api/types/core-v1.ts';
import type { ResourceClaim, ResourceClaimConsumerReference } from '../../api/types/resource-v1.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { generatedName } from '../runtime/generated-name.ts';
import { claimFor, claimPrefix, isDone, planClaim } from './plan.ts';

const CLAIM_INDEX = 'resource claims';
const OWNER_INDEX = 'owning pod';
const FIELD_MANAGER = 'ResourceClaimController';

const ownersOf = ({ metadata }: ResourceClaim): readonly string[] =>
  (metadata.ownerReferences ?? []).flatMap(({ kind, controller, uid }) =>
    controller && kind === podType.kind ? [uid] : [],
  );

export function resourceClaimController(context: ControllerContext): Controller {
  return new ResourceClaimController(context);
}

class ResourceClaimController extends BaseController {
  readonly name = 'resourceclaim-controller';
  readonly #pods = this.informerOf(podType);
  readonly #claims = this.informerOf(claimType);
  readonly #templates = this.informerOf(templateType);
  readonly #recorder = this.recorderAs('resource_claim');

  constructor(context: ControllerContext) {
    super(context);
    this.#pods.addIndex(CLAIM_INDEX, podClaimKeys);
    this.#claims.addIndex(OWNER_INDEX, ownersOf);
    this.#pods.addHandler({
      added: (pod) => this.#podChanged(pod),
      updated: (_, pod) => this.#podChanged(pod),
      deleted: (pod) => this.#podEnded(pod),
    });
    const claimChanged = (claim: ResourceClaim): void => {
      this.queue.add(`claim/${keyOf(claim)}`);
      this.#usersChanged(claim);
    };
    this.#claims.addHandler({
      added: claimChanged,
      updated: (_, claim) => claimChanged(claim),
      deleted: (claim) => this.#usersChanged(claim),
    });
  }

  async reconcile(key: string): Promise<undefined> {
    const slash = key.indexOf('/');
    const name = key.slice(slash + 1);
    if (key.startsWith('pod/')) {
      const pod = this.#pods.lister.get(name);
      if (pod !== undefined && pod.metadata.deletionTimestamp === undefined)
        await this.#syncPod(pod);
    } else {
      const claim = this.#claims.lister.get(name);
      if (claim !== undefined) await this.#syncClaim(claim);
    }
    return undefined;
  }

  #podChanged(pod: Pod): void {
    if (pod.spec.resourceClaims === undefined) return;
    if (isDone(pod)) this.#podEnded(pod);
    this.queue.add(`pod/${keyOf(pod)}`);
  }

  #podEnded(pod: Pod): void {
    for (const key of podClaimKeys(pod)) this.queue.add(`claim/${key}`);
  }

  #usersChanged(claim: ResourceClaim): void {
    for (const pod of this.#pods.lister.byIndex(CLAIM_INDEX, keyOf(claim))) this.#podChanged(pod);
  }

  async #syncPod(pod: Pod): Promise<void> {
    const made: PodResourceClaimStatus[] = [];
    for (const entry of pod.spec.resourceClaims ?? []) {
      try {
        const resourceClaimName = await this.#made(pod, entry);
        if (resourceClaimName !== undefined) made.push({ name: entry.name, resourceClaimName });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const message = `PodResourceClaim ${entry.name}: ${why}`;
        const reason = 'FailedResourceClaimCreation';
        this.#recorder.record(pod, { type: 'Warning', reason, message });
        throw error;
      }
    }
    if (made.length > 0) await this.#tell(pod, made);
    if (pod.spec.nodeName) await this.#reserveFor(pod);
  }

  /** What is applied replaces what was applied before: it repeats what the pod was told. */
  async #tell(pod: Pod, made: readonly PodResourceClaimStatus[]): Promise<void> {
    const told = (pod.status?.resourceClaimStatuses ?? []).filter(
      ({ name }) => !made.some((each) => each.name === name),
    );
    const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
    const { apiVersion, kind } = pod;
    const metadata = { name: ref.name, uid: uidOf(pod) };
    const status = { resourceClaimStatuses: [...told, ...made] };
    await this.context.client.patch(podType, ref, {
      type: 'application/apply-patch+yaml',
      body: { apiVersion, kind, metadata, status },
      subresource: 'status',
      fieldManager: FIELD_MANAGER,
      force: true,
    });
  }

  /** The name of the claim that the pod's status has to tell; undefined: it has no news. */
  async #made(pod: Pod, entry: PodResourceClaim): Promise<string | undefined> {
    const found = podClaimOf(pod, entry);
    const { resourceClaimTemplateName: templateName } = entry;
    if (found.kind === 'unneeded' || templateName === undefined) return undefined;
    const known = found.kind === 'claim' ? this.#claims.lister.get(found.key) : undefined;
    if (known !== undefined && isMadeFor(known, pod)) return undefined;
    // Made, but the pod was not told.
    const before = this.#claims.lister
      .byIndex(OWNER_INDEX, uidOf(pod))
      .find(({ metadata }) => metadata.annotations?.[POD_CLAIM_NAME] === entry.name);
    if (before !== undefined) return nameOf(before);
    const template = this.#templates.lister.get(`${namespaceOf(pod)}/${templateName}`);
    if (template === undefined) {
      const why = `resourceclaimtemplate.resource.k8s.io "${templateName}" not found`;
      throw new Error(`resource claim template "${templateName}": ${why}`);
    }
    const generateName = claimPrefix(pod, entry);
    const name = generatedName(generateName, this.context.random);
    const draft = claimFor(pod, entry, { name, generateName, template });
    return this.#create(draft);
  }

  async #create(draft: Draft<ResourceClaim>): Promise<string> {
    try {
      return nameOf(await this.context.client.create(claimType, draft));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // Kubernetes' names no claim: the server would have chosen the name.
      throw new Error(`create ResourceClaim : ${why}`, { cause: error });
    }
  }

  async #reserveFor(pod: Pod): Promise<void> {
    for (const entry of pod.spec.resourceClaims ?? []) {
      const found = podClaimOf(pod, entry);
      const claim = found.kind === 'claim' ? this.#claims.lister.get(found.key) : undefined;
      if (found.kind !== 'claim' || claim?.status?.allocation === undefined) continue;
      if (found.generated && !isMadeFor(claim, pod)) throw new Error(notMadeFor(claim, pod));
      if (isReservedFor(claim, pod) || !canBeReserved(claim) || isDone(pod)) continue;
      const reservedFor = [...(claim.status.reservedFor ?? []), consumer(pod)];
      const status = { ...claim.status, reservedFor };
      await this.context.client.update(claimType, { ...claim, status }, { subresource: 'status' });
    }
  }

  async #syncClaim(claim: ResourceClaim): Promise<void> {
    const { client } = this.context;
    const users: ResourceClaimConsumerReference[] = [];
    for (const user of claim.status?.reservedFor ?? []) {
      if (user.apiGroup || user.resource !== podType.resource)
        throw new Error(`unsupported ReservedFor entry: ${JSON.stringify(user)}`);
      if (await this.#mayRun(user, namespaceOf(claim))) users.push(user);
    }
    const owner = claim.metadata.ownerReferences?.find(({ uid }) => ownersOf(claim).includes(uid));
    const pod = owner && this.#pods.lister.get(`${namespaceOf(claim)}/${owner.name}`);
    let current = claim;
    for (const step of planClaim(claim, users, pod)) {
      switch (step.kind) {
        case 'release':
          current = await this.#setUsers(current, step.users, step.deallocate);
          if (current.status?.allocation === undefined) await this.#letGo(current);
          break;
        case 'let go':
          if (current.status?.allocation !== undefined)
            current = await this.#setUsers(current, [], true);
          await this.#letGo(current);
          break;
        case 'delete':
          await client
            .delete(claimType, { namespace: namespaceOf(claim), name: nameOf(claim) })
            .catch((error: unknown) => {
              if (!isStatus(error, 'NotFound')) throw error;
            });
      }
    }
  }

  /** Pods that the cache does not know may only be new: the API server has the last word. */
  async #mayRun(
    { name, uid }: ResourceClaimConsumerReference,
    namespace: string,
  ): Promise<boolean> {
    const known = this.#pods.lister.get(`${namespace}/${name}`);
    if (known !== undefined) return uidOf(known) === uid && !isDone(known);
    try {
      return uidOf(await this.context.client.get(podType, { namespace, name })) === uid;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      throw error;
    }
  }

  #setUsers(
    claim: ResourceClaim,
    reservedFor: readonly ResourceClaimConsumerReference[],
    deallocate: boolean,
  ): Promise<ResourceClaim> {
    const { allocation, ...status } = claim.status ?? {};
    const kept = deallocate || allocation === undefined ? {} : { allocation };
    const changed = { ...claim, status: { ...status, ...kept, reservedFor } };
    return this.context.client.update(claimType, changed, { subresource: 'status' });
  }

  async #letGo(claim: ResourceClaim): Promise<void> {
    const { finalizers = [] } = claim.metadata;
    if (!finalizers.includes(CLAIM_FINALIZER)) return;
    const left = finalizers.filter((each) => each !== CLAIM_FINALIZER);
    const metadata = { ...claim.metadata, finalizers: left };
    await this.context.client.update(claimType, { ...claim, metadata });
  }
}
