/**
 * The hollow provisioner: makes, grows, attaches and deletes the volumes of StorageClasses whose
 * provisioner is "hollow.wherry.io", as external-provisioner, -resizer and -attacher do for a CSI
 * driver. Keys are "claim/<namespace>/<name>", "volume/<name>" and "attachment/<name>".
 */
import { keyOf, nameOf } from '../../api/meta.ts';
import {
  nodes as nodeType,
  persistentVolumeClaims as claimType,
  persistentVolumes as volumeType,
  storageClasses as classType,
  volumeAttachments as attachmentType,
} from '../../api/resources.ts';
import { classOfClaim, PROVISIONED_BY, SELECTED_NODE } from '../../api/scheduling/volumes.ts';
import { isStatus } from '../../api/status.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { StorageClass, VolumeAttachment } from '../../api/types/storage-v1.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { BaseController } from '../runtime/base-controller.ts';
import { ATTACHMENT_VOLUME_INDEX, indexAttachments } from '../runtime/attachments.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { DEFAULT_CLASS } from '../runtime/storage-class.ts';
import {
  awaitsAttacher,
  isDisposable,
  PROVISIONER,
  volumeFor,
  volumeName,
  wantedGrowth,
  wantsVolume,
} from './plan.ts';

const START = 'start';
/** The class that a cluster without any is given, if the manager is asked to. */
const STANDARD = 'standard';

export function hollowProvisioner(context: ControllerContext): Controller {
  return new HollowProvisioner(context);
}

class HollowProvisioner extends BaseController {
  readonly name = 'hollow-provisioner-controller';
  readonly #claims = this.informerOf(claimType);
  readonly #volumes = this.informerOf(volumeType);
  readonly #classes = this.informerOf(classType);
  readonly #nodes = this.informerOf(nodeType);
  /** Undefined where the server has none. */
  readonly #attachments = this.informerIfServed(attachmentType);
  readonly #recorder = this.recorderAs(PROVISIONER);

  constructor(context: ControllerContext) {
    super(context);
    const claimChanged = (claim: PersistentVolumeClaim): void => {
      if (!claim.spec.volumeName || wantedGrowth(claim) !== undefined)
        this.queue.add(`claim/${keyOf(claim)}`);
    };
    this.#claims.addHandler({ added: claimChanged, updated: (_, claim) => claimChanged(claim) });
    const volumeChanged = (volume: PersistentVolume): void => {
      if (isDisposable(volume)) this.queue.add(`volume/${nameOf(volume)}`);
    };
    this.#volumes.addHandler({ added: volumeChanged, updated: (_, now) => volumeChanged(now) });
    if (this.#attachments !== undefined) this.#followAttachments(this.#attachments);
  }

  #followAttachments(attachments: Informer<VolumeAttachment>): void {
    indexAttachments(attachments);
    const changed = (attachment: VolumeAttachment): void => {
      if (awaitsAttacher(attachment)) this.queue.add(`attachment/${nameOf(attachment)}`);
    };
    attachments.addHandler({
      added: changed,
      updated: (_, now) => changed(now),
      deleted: ({ spec }) => this.queue.add(`volume/${spec.source.persistentVolumeName}`),
    });
  }

  begin(): void {
    if (this.context.standardStorageClass) this.queue.add(START);
  }

  async reconcile(key: string): Promise<undefined> {
    if (key === START) {
      await this.#makeStandardClass();
      return undefined;
    }
    const rest = key.slice(key.indexOf('/') + 1);
    if (key.startsWith('attachment/')) {
      const attachment = this.#attachments?.lister.get(rest);
      if (attachment !== undefined && awaitsAttacher(attachment)) await this.#attach(rest);
      return undefined;
    }
    if (key.startsWith('volume/')) {
      const volume = this.#volumes.lister.get(rest);
      const attached = this.#attachments?.lister.byIndex(ATTACHMENT_VOLUME_INDEX, rest) ?? [];
      if (volume !== undefined && isDisposable(volume) && attached.length === 0)
        await this.#delete(volume);
      return undefined;
    }
    const claim = this.#claims.lister.get(rest);
    const className = claim && classOfClaim(claim);
    const storageClass = className ? this.#classes.lister.get(className) : undefined;
    if (claim === undefined || storageClass === undefined) return undefined;
    if (wantsVolume(claim, storageClass)) await this.#provision(claim, storageClass);
    else await this.#grow(claim, storageClass);
    return undefined;
  }

  async #makeStandardClass(): Promise<void> {
    if (this.#classes.lister.list().length > 0) return;
    try {
      await this.context.client.create(classType, {
        metadata: { name: STANDARD, annotations: { [DEFAULT_CLASS]: 'true' } },
        provisioner: PROVISIONER,
        volumeBindingMode: 'WaitForFirstConsumer',
        allowVolumeExpansion: true,
      });
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
  }

  async #provision(claim: PersistentVolumeClaim, storageClass: StorageClass): Promise<void> {
    const { client } = this.context;
    const nodeName = claim.metadata.annotations?.[SELECTED_NODE];
    const node = nodeName === undefined ? undefined : this.#nodes.lister.get(nodeName);
    if (nodeName !== undefined && node === undefined) {
      await this.#giveBack(claim, nodeName);
      return;
    }
    const name = volumeName(claim);
    if (this.#volumes.lister.get(name) !== undefined) return;
    const provisioning = `External provisioner is provisioning volume for claim "${keyOf(claim)}"`;
    this.#tell(claim, 'Provisioning', provisioning);
    try {
      await client.create(volumeType, volumeFor(claim, storageClass, node));
    } catch (error) {
      if (isStatus(error, 'AlreadyExists')) return;
      const message = `failed to provision volume with StorageClass "${nameOf(storageClass)}": ${
        (error as Error).message
      }`;
      this.#recorder.record(claim, { type: 'Warning', reason: 'ProvisioningFailed', message });
      throw error;
    }
    this.#tell(claim, 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
  }

  /** The scheduler's node is gone: it has to choose again. */
  async #giveBack(claim: PersistentVolumeClaim, nodeName: string): Promise<void> {
    const message =
      `failed to get target node: node "${nodeName}" not found, ` +
      'the claim is given back to the scheduler';
    this.#recorder.record(claim, { type: 'Warning', reason: 'ProvisioningFailed', message });
    const { [SELECTED_NODE]: _node, ...annotations } = claim.metadata.annotations ?? {};
    const metadata = { ...claim.metadata, annotations };
    await this.context.client.update(claimType, { ...claim, metadata });
  }

  async #grow(claim: PersistentVolumeClaim, storageClass: StorageClass): Promise<void> {
    const storage = wantedGrowth(claim);
    const volume = this.#volumes.lister.get(claim.spec.volumeName ?? '');
    if (storage === undefined || volume === undefined) return;
    if (volume.metadata.annotations?.[PROVISIONED_BY] !== PROVISIONER) return;
    if (!storageClass.allowVolumeExpansion) return;
    const { client } = this.context;
    this.#tell(claim, 'Resizing', `External resizer is resizing volume ${nameOf(volume)}`);
    const capacity = { ...volume.spec.capacity, storage };
    await client.update(volumeType, { ...volume, spec: { ...volume.spec, capacity } });
    const { status } = claim;
    const grown = { ...status, capacity: { ...status?.capacity, storage } };
    await client.update(claimType, { ...claim, status: grown }, { subresource: 'status' });
    this.#tell(claim, 'VolumeResizeSuccessful', 'Resize volume succeeded');
  }

  async #attach(name: string): Promise<void> {
    const body = { status: { attached: true } };
    const patch = { type: 'application/merge-patch+json', body, subresource: 'status' } as const;
    try {
      await this.context.client.patch(attachmentType, { name }, patch);
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  async #delete(volume: PersistentVolume): Promise<void> {
    try {
      await this.context.client.delete(volumeType, { name: nameOf(volume) });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  #tell(claim: PersistentVolumeClaim, reason: string, message: string): void {
    this.#recorder.record(claim, { type: 'Normal', reason, message });
  }
}
