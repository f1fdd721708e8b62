/**
 * From client-side to server-side apply: the fields that client-side apply manages go to the
 * manager of the server-side one, as with kubectl. Otherwise what goes from the manifest would
 * stay in the object, still owned by the manager that nobody uses any more.
 */
import { isObject } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { type Located, objectPath, readLive } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { LAST_APPLIED } from './last-applied.ts';

interface Entry {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly fieldsV1?: unknown;
}

const ATTEMPTS = 4;
const KEEPER = 'kubectl-last-applied';

/**
 * The annotation of client-side apply gets a manager of its own, so that it outlives the migration
 * and client-side apply can go on from it; servers keep it up to date. Resolves to the object then.
 */
export async function keepLastApplied(
  session: Session,
  located: Located,
  object: KubernetesObject,
): Promise<KubernetesObject> {
  const entries: readonly Entry[] = object.metadata.managedFields ?? [];
  if (entries.some((entry) => entry.operation === 'Apply' && ownsLastApplied(entry))) return object;
  const { apiVersion, kind } = object;
  const { name, namespace, annotations } = object.metadata;
  const kept = { [LAST_APPLIED]: annotations?.[LAST_APPLIED] };
  return (await session.api.send({
    method: 'PATCH',
    path: objectPath(located),
    query: { fieldManager: KEEPER },
    body: { apiVersion, kind, metadata: { name, namespace, annotations: kept } },
    contentType: 'application/apply-patch+yaml',
  })) as KubernetesObject;
}

/** True if there was something to hand over: the apply has to be sent once more. */
export async function migrateToServerSide(
  session: Session,
  located: Located,
  request: { readonly after: KubernetesObject; readonly manager: string },
): Promise<boolean> {
  let object = request.after;
  for (let attempt = 1; ; attempt++) {
    const managedFields = handedOver(object.metadata.managedFields ?? [], request.manager);
    if (managedFields === undefined) return false;
    const { resourceVersion } = object.metadata;
    try {
      await session.api.send({
        method: 'PATCH',
        path: objectPath(located),
        contentType: 'application/json-patch+json',
        body: [
          { op: 'replace', path: '/metadata/managedFields', value: managedFields },
          { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
        ],
      });
      return true;
    } catch (error) {
      if (!isStatus(error, 'Conflict') || attempt === ATTEMPTS) throw error;
      object = await readLive(session, located);
    }
  }
}

/** Undefined if no manager keeps the annotation that client-side apply leaves. */
export function handedOver(
  entries: readonly Entry[],
  manager: string,
): readonly Entry[] | undefined {
  const clientSide = entries.filter(
    (entry) => entry.operation === 'Update' && ownsLastApplied(entry),
  );
  if (clientSide.length === 0) return undefined;
  const own = entries.find(
    (entry) => entry.manager === manager && entry.operation === 'Apply' && !entry.subresource,
  );
  const fieldsV1 = [...(own === undefined ? [] : [own]), ...clientSide]
    .map((entry) => (isObject(entry.fieldsV1) ? entry.fieldsV1 : {}))
    .reduce<object>(union, {});
  const first = own ?? clientSide[0]!;
  const merged = { ...first, manager, operation: 'Apply', fieldsV1 };
  return entries.flatMap((entry) => {
    if (entry === first) return [merged];
    return clientSide.includes(entry) ? [] : [entry];
  });
}

function ownsLastApplied({ subresource, fieldsV1 }: Entry): boolean {
  if (subresource) return false;
  const path = ['f:metadata', 'f:annotations', `f:${LAST_APPLIED}`];
  let at: unknown = fieldsV1;
  for (const step of path) at = isObject(at) ? at[step] : undefined;
  return at !== undefined;
}

function union(a: object, b: object): object {
  const result: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b) as [string, object][]) {
    const there = result[key];
    result[key] = isObject(there) && isObject(value) ? union(there, value) : value;
  }
  return result;
}
