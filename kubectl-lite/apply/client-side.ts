/**
 * Client-side apply as kubectl does it: a three-way merge of the last applied configuration, the
 * manifest and the live object.
 */
import { deepEqual } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { type DryRun, dryRunQuery } from '../printers/change-printer.ts';
import { type Located, objectPath, readLive, titleOf } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import { unversioned } from '../resource/unversioned.ts';
import type { Session } from '../session.ts';
import { type ApplyFlags, fieldValidation } from './flags.ts';
import { asConfiguration, LAST_APPLIED, withLastApplied } from './last-applied.ts';

export interface Applied {
  readonly object: KubernetesObject;
  readonly operation: string;
}

export interface ApplyOptions {
  readonly flags: ApplyFlags;
  readonly dryRun: DryRun;
  /** False: the last-applied annotation stays as it is. */
  readonly annotate?: boolean;
}

export async function applyClientSide(
  session: Session,
  located: Located,
  options: ApplyOptions,
): Promise<Applied> {
  const modified =
    options.annotate === false
      ? asConfiguration(located.object!)
      : withLastApplied(located.object!);
  const live = await readIfThere(session, located);
  const query = {
    fieldManager: options.flags['field-manager'],
    fieldValidation: fieldValidation(options.flags.validate),
    ...dryRunQuery(options.dryRun),
  };
  if (live === undefined) {
    const body = unversioned(withoutNulls(modified) as KubernetesObject);
    if (options.dryRun === 'client') return { object: body, operation: 'created' };
    const path = pathOf(located.type, located.namespace);
    const created = await session.api.send({ method: 'POST', path, query, body });
    return { object: created as KubernetesObject, operation: 'created' };
  }
  if (options.dryRun === 'client') return { object: live, operation: 'configured' };
  const { threeWayMerge } = await import('../../api/patch/three-way-merge.ts');
  const original = originalOf(session, located, live);
  const merge = threeWayMerge({ original, modified, current: live, type: located.type });
  if (deepEqual(merge.patch, {})) return { object: live, operation: 'unchanged' };
  try {
    const after = await session.api.send({
      method: 'PATCH',
      path: objectPath(located),
      query,
      body: merge.patch,
      contentType: merge.contentType,
    });
    return { object: after as KubernetesObject, operation: 'configured' };
  } catch (error) {
    const replaceable = isStatus(error, 'Invalid') || isStatus(error, 'Conflict');
    if (!options.flags.force || !replaceable || options.dryRun !== 'none') throw error;
    const { replaceByForce } = await import('./force.ts');
    const object = await replaceByForce(session, located, {
      live,
      body: modified,
      query,
      ...options,
    });
    return { object, operation: 'configured' };
  }
}

/** A null takes a field away, where there is nothing yet, too: as the patch of an update does. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const given = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(given.map(([key, each]) => [key, withoutNulls(each)]));
}

function originalOf(session: Session, located: Located, live: KubernetesObject): object {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (text !== undefined) return JSON.parse(text) as object;
  session.complain(
    `Warning: resource ${titleOf(located).replace(/^[^/]*/, groupTitle(located))} is missing the ` +
      `${LAST_APPLIED} annotation which is required by kubectl-lite apply. kubectl-lite apply ` +
      'should only be used on resources created declaratively by either kubectl-lite create ' +
      '--save-config or kubectl-lite apply. The missing annotation will be patched automatically.',
  );
  return {};
}

const groupTitle = ({ type }: Located): string =>
  type.group === '' ? type.resource : `${type.resource}.${type.group}`;

async function readIfThere(
  session: Session,
  located: Located,
): Promise<KubernetesObject | undefined> {
  try {
    return await readLive(session, located);
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}
