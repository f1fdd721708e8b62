/** Who owns whom: the owners of an object up to the root, and all that is below it. */
import type { KubernetesObject, OwnerReference } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { isStatus, StatusError } from '../../api/status.ts';
import { listItems } from '../resource/list.ts';
import { itemOf, type Located, readLive } from '../resource/located.ts';
import type { DiscoveredResource } from '../resource/discover.ts';
import { pathOf } from '../resource/resources.ts';
import type { Session } from '../session.ts';

export interface Family {
  readonly member: Located;
  readonly object: KubernetesObject;
  readonly children: readonly Family[];
}

/** Ownership that goes deeper, or in a circle, is cut here. */
const MAX_DEPTH = 16;
/** Written all the time and owned by nothing that matters here. */
const skipped = ['events', 'leases', 'componentstatuses'];

export async function familyOf(
  session: Session,
  located: Located,
  object: KubernetesObject,
): Promise<Family> {
  const root = await rootOf(session, { located, object });
  const owned = await ownedIn(session, root.located.namespace);
  return below({ ...root, owned, depth: 0 });
}

interface Member {
  readonly located: Located;
  readonly object: KubernetesObject;
}

/** The controller of the controller of …; the first owner where none is the controller. */
async function rootOf(session: Session, member: Member): Promise<Member> {
  let at = member;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const owners = at.object.metadata.ownerReferences ?? [];
    const owner = owners.find((one) => one.controller) ?? owners[0];
    const next = owner && (await ownerOf(session, at.located, owner));
    if (next === undefined) return at;
    at = next;
  }
  return at;
}

async function ownerOf(
  session: Session,
  child: Located,
  owner: OwnerReference,
): Promise<Member | undefined> {
  const type = (await session.resources()).ofKind(owner.apiVersion, owner.kind);
  if (type === undefined) return undefined;
  const namespace = type.namespaced ? child.namespace : undefined;
  const located: Located = { type, namespace, name: owner.name };
  try {
    const object = await readLive(session, located);
    return object.metadata.uid === owner.uid ? { located, object } : undefined;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** All objects that have an owner, by the owner's uid. */
async function ownedIn(
  session: Session,
  namespace: string | undefined,
): Promise<ReadonlyMap<string, readonly Member[]>> {
  const { all } = await session.resources();
  const types = all.filter((type) => isWorthListing(type, all) && (type.namespaced || !namespace));
  const owned = new Map<string, Member[]>();
  const lists = await Promise.all(types.map((type) => listedOf(session, type, namespace)));
  for (const member of lists.flat()) {
    for (const { uid } of member.object.metadata.ownerReferences ?? []) {
      const siblings = owned.get(uid);
      if (siblings === undefined) owned.set(uid, [member]);
      else siblings.push(member);
    }
  }
  return owned;
}

/** One version of each resource, and none that cannot be listed. */
function isWorthListing(type: DiscoveredResource, all: readonly DiscoveredResource[]): boolean {
  if (!type.verbs.includes('list') || skipped.includes(type.resource)) return false;
  const first = all.find((one) => one.group === type.group && one.resource === type.resource);
  return first === type;
}

async function listedOf(
  session: Session,
  type: DiscoveredResource,
  namespace: string | undefined,
): Promise<Member[]> {
  try {
    const items = await listItems(session, { path: pathOf(type, namespace) });
    return items.map((item) => {
      const located = itemOf(type, item);
      return { located, object: { ...item, apiVersion: apiVersionOf(type), kind: type.kind } };
    });
  } catch (error) {
    // What may not be read, or is broken, does not keep the rest from being shown.
    if (error instanceof StatusError) return [];
    throw error;
  }
}

function below(
  at: Member & { readonly owned: ReadonlyMap<string, readonly Member[]>; readonly depth: number },
): Family {
  const { located, object, owned, depth } = at;
  const children = depth < MAX_DEPTH ? (owned.get(object.metadata.uid ?? '') ?? []) : [];
  const sorted = [...children].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  return {
    member: located,
    object,
    children: sorted.map((child) => below({ ...child, owned, depth: depth + 1 })),
  };
}

const sortKey = ({ located }: Member): string => `${located.type.kind}\0${located.name}`;
