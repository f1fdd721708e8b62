/**
 * The persistent volume binder: claims find volumes, volumes know whose they are. Keys are
 * "claim/<namespace>/<name>" and "volume/<name>". Volumes are found by index: a claim looks at
 * those that name it and the free ones of its class.
 */
import { keyOf, nameOf } from '../../api/meta.ts';
import {
  persistentVolumeClaims as claimType,
  persistentVolumes as volumeType,
  pods as podType,
  storageClasses as classType,
} from '../../api/resources.ts';
import {
  BETA_STORAGE_PROVISIONER,
  classOfClaim,
  classOfVolume,
  STORAGE_PROVISIONER,
} from '../../api/scheduling/volumes.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { StorageClass } from '../../api/types/storage-v1.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { CLAIM_INDEX, indexByClaim } from '../runtime/pods-by-claim.ts';
import { defaultClassOf } from '../runtime/storage-class.ts';
import { bind, setVolumePhase } from './bind.ts';
import { type ClaimPlan, planClaim } from './plan-claim.ts';
import { planVolume, unboundReference } from './plan-volume.ts';

const CANDIDATE_INDEX = 'claim candidates';
const WANTED_INDEX = 'wanted by claims';
/** What no event tells of (a pod that was scheduled elsewhere) is seen this late. */
const RESYNC_MS = 15_000;

const claimKey = (key: string): string => `claim/${key}`;
const volumeKey = (name: string): string => `volume/${name}`;
const free = (className: string): string => `class ${className}`;
const named = (volumeName: string): string => `volume ${volumeName}`;

const candidateOf = (volume: PersistentVolume): readonly string[] => {
  const { claimRef } = volume.spec;
  if (claimRef === undefined) return [free(classOfVolume(volume))];
  return [claimKey(`${claimRef.namespace}/${claimRef.name}`)];
};
/** What it has, or asks for by name; else any volume of its class. */
const wantedBy = (claim: PersistentVolumeClaim): readonly string[] => {
  const { volumeName } = claim.spec;
  return [volumeName ? named(volumeName) : free(classOfClaim(claim) ?? '')];
};

export function persistentVolumeBinder(context: ControllerContext): Controller {
  return new PersistentVolumeBinder(context);
}

class PersistentVolumeBinder extends BaseController {
  readonly name = 'persistentvolume-binder-controller';
  readonly #claims = this.informerOf(claimType);
  readonly #volumes = this.informerOf(volumeType);
  readonly #classes = this.informerOf(classType);
  readonly #pods = this.informerOf(podType);
  readonly #recorder = this.recorderAs('persistentvolume-controller');

  constructor(context: ControllerContext) {
    super(context);
    this.#volumes.addIndex(CANDIDATE_INDEX, candidateOf);
    this.#claims.addIndex(WANTED_INDEX, wantedBy);
    indexByClaim(this.#pods);
    this.#addHandlers();
  }

  async reconcile(key: string): Promise<{ requeueAfterMs: number } | undefined> {
    const slash = key.indexOf('/');
    const rest = key.slice(slash + 1);
    if (key.startsWith('volume/')) {
      await this.#syncVolume(rest);
      return undefined;
    }
    return this.#syncClaim(rest);
  }

  #addHandlers(): void {
    const claimChanged = (claim: PersistentVolumeClaim): void => {
      this.queue.add(claimKey(keyOf(claim)));
      if (claim.spec.volumeName) this.queue.add(volumeKey(claim.spec.volumeName));
    };
    this.#claims.addHandler({
      added: claimChanged,
      updated: (_, claim) => claimChanged(claim),
      deleted: claimChanged,
    });
    const volumeChanged = (volume: PersistentVolume): void => {
      this.queue.add(volumeKey(nameOf(volume)));
      this.#enqueueClaimsOf(volume);
    };
    this.#volumes.addHandler({
      added: volumeChanged,
      updated: (_, volume) => volumeChanged(volume),
      deleted: volumeChanged,
    });
    const classChanged = ({ metadata }: StorageClass): void => {
      this.#enqueueUnbound(metadata.name ?? '');
      // It may be the default one.
      this.#enqueueUnbound('');
    };
    this.#classes.addHandler({ added: classChanged, updated: (_, now) => classChanged(now) });
  }

  #enqueueClaimsOf(volume: PersistentVolume): void {
    const { claimRef } = volume.spec;
    this.#enqueueWanting(named(nameOf(volume)));
    if (claimRef !== undefined) this.queue.add(claimKey(`${claimRef.namespace}/${claimRef.name}`));
    else if (volume.status?.phase === 'Available') this.#enqueueUnbound(classOfVolume(volume));
  }

  #enqueueUnbound(className: string): void {
    this.#enqueueWanting(free(className));
  }

  #enqueueWanting(what: string): void {
    for (const claim of this.#claims.lister.byIndex(WANTED_INDEX, what))
      this.queue.add(claimKey(keyOf(claim)));
  }

  async #syncClaim(key: string): Promise<{ requeueAfterMs: number } | undefined> {
    const claim = this.#claims.lister.get(key);
    if (claim === undefined) return undefined;
    const className = classOfClaim(claim);
    const plan = planClaim({
      claim,
      volume: claim.spec.volumeName ? this.#volumes.lister.get(claim.spec.volumeName) : undefined,
      candidates: () => [
        ...this.#volumes.lister.byIndex(CANDIDATE_INDEX, claimKey(key)),
        ...this.#volumes.lister.byIndex(CANDIDATE_INDEX, free(className ?? '')),
      ],
      storageClass: className ? this.#classes.lister.get(className) : undefined,
      defaultClass:
        className === undefined ? defaultClassOf(this.#classes.lister.list()) : undefined,
      waitingPod: this.#waitingPod(key),
    });
    await this.#carryOut(claim, plan);
    const waits = plan.do === 'mark' && plan.event !== undefined && plan.phase === 'Pending';
    return waits || plan.do === 'provision' ? { requeueAfterMs: RESYNC_MS } : undefined;
  }

  #waitingPod(claim: string): string | undefined {
    const [pod] = this.#pods.lister
      .byIndex(CLAIM_INDEX, claim)
      .filter(({ spec, metadata }) => !spec.nodeName && metadata.deletionTimestamp === undefined);
    return pod?.metadata.name;
  }

  async #carryOut(claim: PersistentVolumeClaim, plan: ClaimPlan): Promise<void> {
    const { client } = this.context;
    switch (plan.do) {
      case 'bind':
        await bind(client, claim, plan.volume);
        return;
      case 'assign-class': {
        const spec = { ...claim.spec, storageClassName: plan.name };
        await client.update(claimType, { ...claim, spec });
        return;
      }
      case 'provision':
        this.#recorder.record(claim, plan.event);
        await this.#askProvisioner(claim, plan.provisioner);
        return;
      case 'mark':
        if (plan.event !== undefined) this.#recorder.record(claim, plan.event);
        if (claim.status?.phase === plan.phase) return;
        await this.#markUnbound(claim, plan.phase);
        return;
    }
  }

  /** What it has of a volume it has no longer. */
  async #markUnbound(claim: PersistentVolumeClaim, phase: string): Promise<void> {
    const { accessModes: _modes, capacity: _capacity, ...others } = claim.status ?? {};
    const marked = { ...claim, status: { ...others, phase } };
    await this.context.client.update(claimType, marked, { subresource: 'status' });
  }

  async #askProvisioner(claim: PersistentVolumeClaim, provisioner: string): Promise<void> {
    const { annotations } = claim.metadata;
    if (annotations?.[STORAGE_PROVISIONER] === provisioner) return;
    const asked = {
      ...annotations,
      [BETA_STORAGE_PROVISIONER]: provisioner,
      [STORAGE_PROVISIONER]: provisioner,
    };
    const metadata = { ...claim.metadata, annotations: asked };
    await this.context.client.update(claimType, { ...claim, metadata });
  }

  async #syncVolume(name: string): Promise<void> {
    const volume = this.#volumes.lister.get(name);
    if (volume === undefined) return;
    const { client } = this.context;
    const { claimRef } = volume.spec;
    const key = claimRef === undefined ? undefined : `${claimRef.namespace}/${claimRef.name}`;
    const claim = key === undefined ? undefined : await this.#claim(key, volume);
    const plan = planVolume(volume, claim);
    if (plan === undefined) return;
    if (plan.event !== undefined && volume.status?.phase !== plan.phase)
      this.#recorder.record(volume, plan.event);
    const current = plan.unbind
      ? await client.update(volumeType, unboundReference(volume))
      : volume;
    await setVolumePhase(client, current, plan);
    if (plan.lookAtClaim && claim !== undefined && key !== undefined) this.queue.add(claimKey(key));
  }

  /** What the cache does not show yet must not look deleted: its volume would be released. */
  async #claim(key: string, volume: PersistentVolume): Promise<PersistentVolumeClaim | undefined> {
    const cached = this.#claims.lister.get(key);
    const reference = volume.spec.claimRef!;
    if (cached !== undefined && (!reference.uid || cached.metadata.uid === reference.uid))
      return cached;
    if (volume.status?.phase === 'Released' || volume.status?.phase === 'Failed') return cached;
    const ref = { namespace: reference.namespace ?? '', name: reference.name ?? '' };
    const { items } = await this.context.client.list(claimType, {
      namespace: ref.namespace,
      fieldSelector: `metadata.name=${ref.name}`,
    });
    return items[0];
  }
}
