/**
 * `apply --applyset` (KEP-3659, alpha): members carry the set's ID as a label, and the parent says
 * in which kinds and namespaces they are. What is there of the set and was not applied is pruned.
 */
import { isStatus } from '../../api/status.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { clientVersion } from '../client-version.ts';
import type { ManifestDocument } from '../manifest/documents.ts';
import { type ChangePrinter, type DryRun, dryRunQuery } from '../printers/change-printer.ts';
import { listItems } from '../resource/list.ts';
import { itemOf, type Located, objectPath } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import {
  checkParent,
  ID_LABEL,
  kindOf,
  KINDS_ANNOTATION,
  type Members,
  membersOf,
  NAMESPACES_ANNOTATION,
  noMembers,
  parentNamed,
  TOOLING,
  TOOLING_ANNOTATION,
} from './apply-set-parent.ts';
import { type ApplyFlags, fieldValidation } from './flags.ts';
import { removePruned } from './prune.ts';

const MEMBER_LABEL = 'applyset.kubernetes.io/part-of';

interface Options {
  readonly flags: ApplyFlags;
  readonly dryRun: DryRun;
}

export class ApplySet {
  readonly #session: Session;
  readonly #options: Options;
  readonly #parent: Located;
  readonly #id: string;
  /** As the parent told it when the command began. */
  #before = noMembers;
  #after = noMembers;

  private constructor(session: Session, parent: Located, rest: { id: string; options: Options }) {
    this.#session = session;
    this.#parent = parent;
    this.#id = rest.id;
    this.#options = rest.options;
  }

  /** The set that `--applyset` names. Nothing is written yet. */
  static async named(session: Session, options: Options): Promise<ApplySet> {
    const parent = await parentNamed(session, options.flags.applyset);
    await checkParent(session, parent);
    const { type, name, namespace = '' } = parent;
    const key = [name, namespace, type.kind, type.group].join('.');
    const hash = Buffer.from(await session.environment.sha256(key), 'hex').toString('base64url');
    return new ApplySet(session, parent, { id: `applyset-${hash}-v1`, options });
  }

  /** The document as a member of the set. */
  labelled(document: ManifestDocument): ManifestDocument {
    const { object } = document;
    const { labels } = object.metadata;
    if (labels?.[MEMBER_LABEL] !== undefined) {
      throw new UsageError(`ApplySet label "${MEMBER_LABEL}" already set in input data`);
    }
    const metadata = { ...object.metadata, labels: { ...labels, [MEMBER_LABEL]: this.#id } };
    return { ...document, object: { ...object, metadata } };
  }

  /** Reads the parent, and writes to it what will be in the set, before any of it is applied. */
  async begin(located: readonly Located[]): Promise<void> {
    this.#before = await membersOf(this.#session, this.#parent, this.#id);
    this.#after = located.reduce(withMember, noMembers);
    await this.#write(union(this.#before, this.#after));
  }

  /** For what could not be located when the command began: kinds that it defined itself. */
  async include(located: Located): Promise<void> {
    const after = withMember(this.#after, located);
    if (after === this.#after) return;
    this.#after = after;
    await this.#write(union(this.#before, after));
  }

  /** Deletes what is left of the set, and tells the parent that it is gone. */
  async prune(applied: readonly Located[], printer: ChangePrinter): Promise<void> {
    const left = await this.#notAmong(new Set(applied.map(({ object }) => object?.metadata.uid)));
    await removePruned(this.#session, left, { ...this.#options, printer });
    try {
      await this.#write(this.#after);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError(`apply and prune succeeded, but ApplySet update failed: ${why}`);
    }
  }

  async #notAmong(kept: ReadonlySet<string | undefined>): Promise<Located[]> {
    const { kinds, namespaces } = this.#before;
    const left: Located[] = [];
    for (const [, type] of [...kinds].sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const namespace of type.namespaced ? [...namespaces].sort() : [undefined]) {
        const labelSelector = `${MEMBER_LABEL}=${this.#id}`;
        const path = pathOf(type, namespace);
        for (const item of await listItems(this.#session, { path, labelSelector })) {
          if (!kept.has(item.metadata.uid)) left.push(itemOf(type, item));
        }
      }
    }
    return left;
  }

  /** By server-side apply, so that annotations which are not said any more go. */
  async #write(members: Members): Promise<void> {
    if (this.#options.dryRun === 'client') return;
    try {
      await this.#send(members, false);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!isStatus(error, 'Conflict')) throw new UsageError(`failed to update ApplySet: ${why}`);
      await this.#send(members, true);
    }
  }

  async #send({ kinds, namespaces }: Members, force: boolean): Promise<void> {
    const { type, name, namespace } = this.#parent;
    await this.#session.api.send({
      method: 'PATCH',
      path: objectPath(this.#parent),
      query: {
        fieldManager: `${TOOLING}-applyset`,
        fieldValidation: fieldValidation(this.#options.flags.validate),
        force: String(force),
        ...dryRunQuery(this.#options.dryRun),
      },
      body: {
        apiVersion: apiVersionOf(type),
        kind: type.kind,
        metadata: {
          name,
          ...(namespace === undefined ? {} : { namespace }),
          labels: { [ID_LABEL]: this.#id },
          annotations: {
            [TOOLING_ANNOTATION]: `${TOOLING}/${clientVersion.gitVersion}`,
            [KINDS_ANNOTATION]: [...kinds.keys()].sort().join(','),
            [NAMESPACES_ANNOTATION]: [...namespaces]
              .filter((one) => one !== namespace)
              .sort()
              .join(','),
          },
        },
      },
      contentType: 'application/apply-patch+yaml',
    });
  }
}

/** The same value if the object's kind and namespace are known. */
function withMember(members: Members, { type, namespace = '' }: Located): Members {
  const { kinds, namespaces } = members;
  if (kinds.has(kindOf(type)) && (namespace === '' || namespaces.has(namespace))) return members;
  return union(members, {
    kinds: new Map([[kindOf(type), type]]),
    namespaces: new Set(namespace === '' ? [] : [namespace]),
  });
}

const union = (a: Members, b: Members): Members => ({
  kinds: new Map([...a.kinds, ...b.kinds]),
  namespaces: new Set([...a.namespaces, ...b.namespaces]),
});
