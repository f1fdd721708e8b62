import type { KubernetesObject } from '../../api/meta.ts';
import { type DryRun, dryRunQuery } from '../printers/change-printer.ts';
import type { Session } from '../session.ts';
import { type Located, objectPath } from './located.ts';

export type PatchContent =
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/json-patch+json';

export interface PatchRequest {
  readonly body: unknown;
  readonly contentType: PatchContent;
  readonly dryRun?: DryRun;
  readonly fieldManager?: string;
  readonly subresource?: string;
}

export async function sendPatch(
  session: Session,
  located: Located,
  request: PatchRequest,
): Promise<KubernetesObject> {
  const { subresource = '' } = request;
  return (await session.api.send({
    method: 'PATCH',
    path: objectPath(located, subresource === '' ? undefined : subresource),
    query: { fieldManager: request.fieldManager, ...dryRunQuery(request.dryRun ?? 'none') },
    body: request.body,
    contentType: request.contentType,
  })) as KubernetesObject;
}

/** What turns `before` into `after`: strategic for built-in kinds, else a merge patch. */
export async function patchBetween(
  { type }: Located,
  before: KubernetesObject,
  after: KubernetesObject,
): Promise<{ readonly body: object; readonly contentType: PatchContent }> {
  const { threeWayMerge } = await import('../../api/patch/three-way-merge.ts');
  const merge = threeWayMerge({ original: before, modified: after, current: before, type });
  return { body: merge.patch, contentType: merge.contentType };
}

/**
 * Sends what changed between `before` and `after`: a strategic merge patch for built-in kinds, a
 * merge patch for others. Nothing is sent if nothing did; undefined then.
 */
export async function sendChange(
  session: Session,
  located: Located,
  change: {
    readonly before: KubernetesObject;
    readonly after: KubernetesObject;
    readonly dryRun: DryRun;
    readonly fieldManager?: string;
  },
): Promise<KubernetesObject | undefined> {
  const { before, after } = change;
  const { body, contentType } = await patchBetween(located, before, after);
  if (Object.keys(body).length === 0) return undefined;
  if (change.dryRun === 'client') return after;
  return sendPatch(session, located, {
    body,
    contentType,
    dryRun: change.dryRun,
    ...(change.fieldManager === undefined ? {} : { fieldManager: change.fieldManager }),
  });
}
