import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { forbidden, invalidError } from '../../api/field-errors.ts';
import { definitionOf } from '../../api/schema/table.ts';
import type { HttpResponse } from '../../platform/net/http.ts';
import { checkAcceptedType, unroutedMediaType } from '../pipeline/route-media.ts';
import type { Subresource } from '../registry/declaration.ts';
import { applyPatch } from './apply-patch.ts';
import { decodeValue, expectedOf, unsupportedMediaType } from './body.ts';
import { checkName } from '../registry/named.ts';
import { writeParameters } from './options.ts';
import {
  jsonPatch,
  mergePatch,
  type PatchBody,
  type SentPatch,
  strategicMergePatch,
} from './patch-document.ts';
import { type Kind, refusalsOfPatch } from './recognize.ts';
import { checkChangedForm, updatedResponse } from './subresource.ts';
import { callerOf, objectAt, type Target } from './target.ts';

const APPLY_PATCH = 'application/apply-patch+yaml';

const patches: Readonly<Record<string, (sent: SentPatch, kind: Kind) => PatchBody>> = {
  'application/json-patch+json': jsonPatch,
  'application/merge-patch+json': mergePatch,
  'application/strategic-merge-patch+json': (sent, kind) =>
    strategicMergePatch(sent, definitionOf(kind)!),
};

/**
 * PATCH: the stored object (or a subresource's view of it) with a change applied. After a
 * conflict with another writer the same change is applied to the newer state, unless the patch
 * itself names a resourceVersion.
 */
export async function patch(
  target: Target,
  subresource?: Subresource<KubernetesObject>,
): Promise<HttpResponse> {
  const { request, store } = target;
  // As it was sent: no patch is known by a name in capitals.
  const mediaType = (request.http.headers['content-type'] ?? '').split(';')[0]!;
  if (mediaType === APPLY_PATCH) return applyPatch(target, subresource);
  const kind = subresource?.kind ?? store.declaration.type;
  const served = Object.keys(patches).filter((type) => isServed(type, store.declaration.type));
  const read = served.includes(mediaType) ? patches[mediaType] : undefined;
  if (read === undefined)
    throw store.declaration.structure === undefined
      ? unroutedMediaType()
      : unsupportedMediaType([...served, APPLY_PATCH]);
  if (store.declaration.structure === undefined) checkAcceptedType(request.http.headers['accept']);
  checkChangedForm(target, subresource);
  const parameters = writeParameters(request.http.query, 'PatchOptions');
  if (request.http.query.get('force') !== null)
    throw invalidError({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      forbidden('force', 'may not be specified for non-apply patch'),
    ]);
  const at = objectAt(target);
  const { fieldValidation: mode } = parameters;
  const expected = expectedOf(store.declaration, { subresource, fieldValidation: mode });
  const body = read({ body: request.http.body, mode }, kind);
  const sent = (current: KubernetesObject | undefined): Mutable<KubernetesObject> => {
    const view = subresource?.read?.(current!) ?? current;
    const patched = body.apply(view);
    const refusals = refusalsOfPatch(() => patched.shown(), kind);
    const { value, fromMap } = patched;
    const decoded = decodeValue(
      { value, fromMap, duplicates: body.duplicates() },
      expected,
      refusals,
    );
    for (const warning of decoded.warnings) target.request.notes.warn(warning);
    checkName(decoded.object, at);
    return decoded.object;
  };
  const caller = callerOf(target, parameters.dryRun);
  const updated = await store.update({ at, sent, subresource, creates: 'never' }, caller);
  return updatedResponse(target, updated, subresource);
}

/** Kinds that are known only at run time have no merge keys, nor are their scales patched so. */
function isServed(mediaType: string, kind: Kind): boolean {
  return !mediaType.includes('strategic') || definitionOf(kind) !== undefined;
}
