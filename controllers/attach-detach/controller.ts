/**
 * Attach and detach: a volume of a CSI driver gets a VolumeAttachment for each node with a pod
 * that mounts it, and loses it when the last one is gone and the node does not use it any more.
 * Drivers attach it and say so in the object's status; this controller tells the node by
 * `status.volumesAttached`. Keys are names of nodes.
 */
import { keyOf, nameOf, namespaceOf } from '../../api/meta.ts';
import {
  csiDrivers as driverType,
  nodes as nodeType,
  persistentVolumeClaims as claimType,
  persistentVolumes as volumeType,
  pods as podType,
  volumeAttachments as attachmentType,
} from '../../api/resources.ts';
import { claimNamesOf, isBoundTo } from '../../api/scheduling/volumes.ts';
import { isStatus } from '../../api/status.ts';
import type { AttachedVolume, Node, PersistentVolume, Pod } from '../../api/types/core-v1.ts';
import type { VolumeAttachment } from '../../api/types/storage-v1.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import {
  ATTACHMENT_NODE_INDEX,
  ATTACHMENT_VOLUME_INDEX,
  indexAttachments,
} from '../runtime/attachments.ts';
import { CLAIM_INDEX, indexByClaim } from '../runtime/pods-by-claim.ts';
import { indexByNode, NODE_INDEX } from '../runtime/pods-by-node.ts';
import { enqueueMapped } from '../runtime/sources.ts';
import {
  type AttachPlan,
  attachmentSeed,
  MANAGED,
  multiAttachMessage,
  type NodeVolumes,
  planNode,
  uniqueNameOf,
  usesVolumes,
  type Wanted,
} from './plan.ts';

/** A driver that has not answered by then is told of. */
const ANSWER_MS = 120_000;

export function attachDetachController(context: ControllerContext): Controller {
  return new AttachDetachController(context);
}

/** What is known of an attachment besides its object, which a restart forgets. */
interface Course {
  /** Since when a driver is to attach it, by the monotonic clock. */
  askedMs?: number;
  unwantedMs?: number;
  /** The last event's message: each is told once in a row. */
  told?: string;
}

class AttachDetachController extends BaseController {
  readonly name = 'persistentvolume-attach-detach-controller';
  readonly #nodes = this.informerOf(nodeType);
  readonly #pods = this.informerOf(podType);
  readonly #claims = this.informerOf(claimType);
  readonly #volumes = this.informerOf(volumeType);
  readonly #drivers = this.informerOf(driverType);
  readonly #attachments = this.informerOf(attachmentType);
  readonly #recorder = this.recorderAs('attachdetach-controller');
  readonly #courses = new Map<string, Course>();
  /** By node, the attachments that were told to wait for others. */
  readonly #blocked = new Map<string, ReadonlySet<string>>();

  constructor(context: ControllerContext) {
    super(context);
    indexByNode(this.#pods);
    indexByClaim(this.#pods);
    indexAttachments(this.#attachments);
    this.#addHandlers();
  }

  #addHandlers(): void {
    const ofPod = (pod: Pod): readonly string[] =>
      pod.spec.nodeName && claimNamesOf(pod).length > 0 ? [pod.spec.nodeName] : [];
    enqueueMapped(this.#pods, this.queue, ofPod);
    const ofClaim = (key: string): string[] =>
      this.#pods.lister.byIndex(CLAIM_INDEX, key).flatMap(ofPod);
    enqueueMapped(this.#claims, this.queue, (claim) => ofClaim(keyOf(claim)));
    const ofVolume = (volume: PersistentVolume | undefined): string[] => {
      const { namespace, name } = volume?.spec.claimRef ?? {};
      return name === undefined ? [] : ofClaim(`${namespace}/${name}`);
    };
    enqueueMapped(this.#volumes, this.queue, ofVolume);
    // Its node, and those that wait for the volume.
    enqueueMapped(this.#attachments, this.queue, ({ spec }) => [
      spec.nodeName,
      ...ofVolume(this.#volumes.lister.get(spec.source.persistentVolumeName ?? '')),
    ]);
    const all = (): readonly string[] => this.#nodes.lister.list().map(nameOf);
    enqueueMapped(this.#drivers, this.queue, all);
    const hasSome = (node: Node): readonly string[] => {
      const name = nameOf(node);
      const attached = this.#attachments.lister.byIndex(ATTACHMENT_NODE_INDEX, name);
      const told = node.status?.volumesAttached ?? [];
      return attached.length > 0 || told.length > 0 ? [name] : [];
    };
    enqueueMapped(this.#nodes, this.queue, hasSome);
    this.#attachments.addHandler({ deleted: (each) => this.#courses.delete(nameOf(each)) });
    this.#nodes.addHandler({ added: (node) => this.queue.add(nameOf(node)) });
  }

  async reconcile(name: string): Promise<ReconcileResult | undefined> {
    const state = this.#stateOf(name);
    const plan = planNode(state);
    if (state.node !== undefined && plan.report !== undefined)
      await this.#report(name, plan.report);
    for (const attachment of plan.detach) await this.#detach(nameOf(attachment));
    for (const [attachment, wanted] of plan.attach) await this.#attach(attachment, wanted, name);
    this.#tellBlocked(name, plan.blocked);
    const answerMs = this.#follow(state);
    const waits = [plan.waitMs, answerMs].filter((ms) => ms !== undefined);
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
  }

  #stateOf(name: string): NodeVolumes {
    const node = this.#nodes.lister.get(name);
    const wanted = this.#wantedOn(name, node);
    const attachments = this.#attachments.lister
      .byIndex(ATTACHMENT_NODE_INDEX, name)
      .filter((each) => this.#isOurs(each));
    for (const each of attachments) {
      const course = this.#courseOf(nameOf(each));
      if (wanted.has(nameOf(each))) delete course.unwantedMs;
      else course.unwantedMs ??= this.context.clock.monotonic();
    }
    return {
      node,
      wanted,
      attachments,
      elsewhere: (volume) =>
        this.#attachments.lister
          .byIndex(ATTACHMENT_VOLUME_INDEX, volume)
          .filter(({ spec }) => spec.nodeName !== name),
      uniqueName: (each) => {
        const volume = this.#volumeOf(each);
        return volume && uniqueNameOf(volume);
      },
      unwantedMs: (each) =>
        this.context.clock.monotonic() - (this.#courses.get(each)?.unwantedMs ?? Infinity),
    };
  }

  #wantedOn(name: string, node: Node | undefined): Map<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    if (node?.metadata.annotations?.[MANAGED] === undefined) return wanted;
    for (const pod of this.#pods.lister.byIndex(NODE_INDEX, name)) {
      if (!usesVolumes(pod)) continue;
      for (const volume of this.#attachableOf(pod)) {
        const attachment = this.#nameFor(volume, name);
        const pods = [...(wanted.get(attachment)?.pods ?? []), pod];
        wanted.set(attachment, { volume, pods });
      }
    }
    return wanted;
  }

  #attachableOf(pod: Pod): PersistentVolume[] {
    return claimNamesOf(pod).flatMap((name) => {
      const claim = this.#claims.lister.get(`${namespaceOf(pod)}/${name}`);
      const volume = this.#volumes.lister.get(claim?.spec.volumeName ?? '');
      if (claim?.status?.phase !== 'Bound' || volume === undefined) return [];
      const driver = volume.spec.csi?.driver;
      if (driver === undefined || !isBoundTo(volume, claim)) return [];
      return this.#drivers.lister.get(driver)?.spec.attachRequired === false ? [] : [volume];
    });
  }

  #nameFor(volume: PersistentVolume, node: string): string {
    const digest = this.context.fingerprint!(attachmentSeed(volume, node));
    return `csi-${digest.slice('sha256:'.length)}`;
  }

  #volumeOf({ spec }: VolumeAttachment): PersistentVolume | undefined {
    return this.#volumes.lister.get(spec.source.persistentVolumeName ?? '');
  }

  /** Attachments under other names are other people's. */
  #isOurs(attachment: VolumeAttachment): boolean {
    const volume = this.#volumeOf(attachment);
    const name = nameOf(attachment);
    if (volume === undefined) return /^csi-[0-9a-f]{64}$/.test(name);
    return name === this.#nameFor(volume, attachment.spec.nodeName);
  }

  #courseOf(attachment: string): Course {
    const known = this.#courses.get(attachment) ?? {};
    this.#courses.set(attachment, known);
    return known;
  }

  async #report(name: string, volumesAttached: readonly AttachedVolume[]): Promise<void> {
    const body = { status: { volumesAttached } };
    const type = 'application/merge-patch+json';
    try {
      await this.context.client.patch(nodeType, { name }, { type, body, subresource: 'status' });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  async #attach(name: string, { volume }: Wanted, nodeName: string): Promise<void> {
    const persistentVolumeName = nameOf(volume);
    const attacher = volume.spec.csi!.driver;
    this.#courseOf(name).askedMs = this.context.clock.monotonic();
    try {
      await this.context.client.create(attachmentType, {
        metadata: { name },
        spec: { attacher, nodeName, source: { persistentVolumeName } },
      });
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
  }

  async #detach(name: string): Promise<void> {
    this.#courses.delete(name);
    try {
      await this.context.client.delete(attachmentType, { name });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  /** Tells pods what became of what was asked for; returns when it is time to complain. */
  #follow({ wanted, attachments }: NodeVolumes): number | undefined {
    const waits = attachments.flatMap((attachment) => {
      const name = nameOf(attachment);
      const want = wanted.get(name);
      const course = this.#courseOf(name);
      if (want === undefined || course.askedMs === undefined) return [];
      const { status } = attachment;
      const leftMs = course.askedMs + ANSWER_MS - this.context.clock.monotonic();
      const tell = this.#teller(want, course);
      if (status?.attached === true) {
        delete course.askedMs;
        tell('Normal', 'SuccessfulAttachVolume', ['AttachVolume.Attach succeeded']);
      } else if (status?.attachError !== undefined) {
        const why = status.attachError.message ?? '';
        tell('Warning', 'FailedAttachVolume', ['AttachVolume.Attach failed', `: ${why}`]);
      } else if (leftMs <= 0) {
        const { driver, volumeHandle } = want.volume.spec.csi!;
        const why =
          `timed out waiting for external-attacher of ${driver} CSI driver ` +
          `to attach volume ${volumeHandle}`;
        tell('Warning', 'FailedAttachVolume', ['AttachVolume.Attach failed', `: ${why}`]);
      } else return [leftMs];
      return [];
    });
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  /** What happened, before and after the volume's name. */
  #teller({ volume, pods }: Wanted, course: Course) {
    return (
      type: 'Normal' | 'Warning',
      reason: string,
      [what, suffix = '']: readonly [string, string?],
    ): void => {
      const message = `${what} for volume "${nameOf(volume)}" ${suffix}`;
      if (course.told === message) return;
      course.told = message;
      for (const pod of pods) this.#recorder.record(pod, { type, reason, message });
    };
  }

  /** Each is told once, until it waits no more. */
  #tellBlocked(node: string, blocked: AttachPlan['blocked']): void {
    const told = this.#blocked.get(node);
    if (blocked.length === 0) this.#blocked.delete(node);
    else this.#blocked.set(node, new Set(blocked.map(([name]) => name)));
    for (const [, { volume, pods }] of blocked.filter(([name]) => !told?.has(name))) {
      const { namespace, name } = volume.spec.claimRef ?? {};
      const users = this.#pods.lister
        .byIndex(CLAIM_INDEX, `${namespace}/${name}`)
        .filter(({ spec }) => spec.nodeName && spec.nodeName !== node)
        .filter(usesVolumes);
      for (const pod of pods) {
        const message = multiAttachMessage(volume, pod, users);
        this.#recorder.record(pod, { type: 'Warning', reason: 'FailedAttachVolume', message });
      }
    }
  }
}
