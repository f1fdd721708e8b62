/** Carries out what `revisions.ts` plans. */
import { deepEqual } from '../../api/deep.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { controllerRevisions } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { ControllerRevision } from '../../api/types/apps-v1.ts';
import type { Lister } from '../../client/informer-interface.ts';
import type { Client } from '../../client/interface.ts';
import { executeClaims, planClaims } from './claim.ts';
import { type LabelMatcher } from './label-selector.ts';
import { OWNER_INDEX, orphansOf } from './owner-index.ts';
import { remove } from './remove.ts';
import { byRevision, newRevision, planRevision } from './revisions.ts';
import type { RevisionHash, TemplateOwner } from './revisions.ts';

export interface HistoryOf<O extends TemplateOwner> {
  readonly client: Client;
  readonly revisions: Lister<ControllerRevision>;
  readonly ownerType: ResourceType<O>;
  readonly hash: RevisionHash;
  /** Which orphaned revisions are the owner's. */
  readonly matcherOf: (owner: O) => LabelMatcher;
}

export interface CurrentHistory {
  /** Of the owner's template. */
  readonly current: ControllerRevision;
  /** Oldest first, without `current`. */
  readonly old: readonly ControllerRevision[];
  readonly collisionCount?: number;
}

/** Names are tried with this many collision counts, one after another, before giving up. */
const MAX_COLLISIONS = 10;

export async function syncHistory<O extends TemplateOwner>(
  { client, revisions, ownerType, hash, matcherOf }: HistoryOf<O>,
  owner: O,
): Promise<CurrentHistory> {
  const own = revisions.byIndex(OWNER_INDEX, uidOf(owner));
  const orphans = orphansOf(revisions, namespaceOf(owner));
  const matches = matcherOf(owner);
  const claims = planClaims<ControllerRevision>(owner, ({ metadata }) => matches(metadata.labels), [
    ...own,
    ...orphans,
  ]);
  const types = { client, ownerType, type: controllerRevisions };
  const history = [...(await executeClaims(types, owner, claims))].sort(byRevision);
  const step = planRevision(owner, history, hash);
  if (step.type === 'create') {
    return { ...(await createRevision(client, owner, { draft: step.draft, hash })), old: history };
  }
  if (step.type === 'none') {
    return { current: step.current, old: history.filter((each) => each !== step.current) };
  }
  const to = { ...step.from, revision: step.revision };
  const current = await client.update(controllerRevisions, to);
  return { current, old: history.filter((each) => each !== step.from) };
}

/** A name taken by another template counts as a collision, and the next name is tried. */
async function createRevision(
  client: Client,
  owner: TemplateOwner,
  { draft, hash }: { readonly draft: ControllerRevision; readonly hash: RevisionHash },
): Promise<{ current: ControllerRevision; collisionCount?: number }> {
  let collisionCount = owner.status?.collisionCount ?? 0;
  for (let next = draft, tries = 0; ; tries++) {
    const counted = tries === 0 ? {} : { collisionCount };
    try {
      return { current: await client.create(controllerRevisions, next), ...counted };
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists') || tries === MAX_COLLISIONS) throw error;
      const ref = { namespace: namespaceOf(next), name: nameOf(next) };
      const live = await client.get(controllerRevisions, ref);
      if (deepEqual(live.data, next.data)) return { current: live, ...counted };
      collisionCount++;
      next = newRevision(owner, draft.revision, { ...hash, collisionCount });
    }
  }
}

export async function removeRevisions(
  client: Client,
  revisions: readonly ControllerRevision[],
): Promise<void> {
  for (const revision of revisions) await remove(client, controllerRevisions, revision);
}
