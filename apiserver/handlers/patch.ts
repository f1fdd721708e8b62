import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { applyJsonPatch } from '../../api/patch/json-patch.ts';
import { applyMergePatch } from '../../api/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts';
import { forbidden, invalidError } from '../../api/field-errors.ts';
import { isObject } from '../../api/deep.ts';
import { definitionOf } from '../../api/schema/table.ts';
import { statusError } from '../../api/status.ts';
import { assert } from '../../platform/assert.ts';
import type { HttpResponse } from '../../platform/http.ts';
import type { Subresource } from '../registry/declaration.ts';
import {
  decodeValue,
  expectedOf,
  type Kind,
  mediaTypeOf,
  parseBody,
  unsupportedMediaType,
} from './body.ts';
import { writeParameters } from './options.ts';
import { updatedResponse } from './subresource.ts';
import { applyPatch } from './apply-patch.ts';
import { callerOf, objectAt, type Target } from './target.ts';

const APPLY_PATCH = 'application/apply-patch+yaml';
const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';

/** The document after the patch; neither argument is changed. */
type Apply = (document: unknown, patch: unknown, kind: Kind) => unknown;

const patches: Readonly<Record<string, Apply>> = {
  [JSON_PATCH]: (document, patch) => applyJsonPatch(document, patch),
  [MERGE_PATCH]: (document, patch) => applyMergePatch(document, asObject(patch)),
  'application/strategic-merge-patch+json': (document, patch, kind) =>
    strategicMerge(document, patch, kind),
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
  const mediaType = mediaTypeOf(request.http);
  if (mediaType === APPLY_PATCH) return applyPatch(target, subresource);
  const apply = patches[mediaType];
  if (apply === undefined) throw unsupportedMediaType([...Object.keys(patches), APPLY_PATCH]);
  const parameters = writeParameters(request.http.query, 'PatchOptions');
  if (request.http.query.get('force') !== null)
    throw invalidError({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      forbidden('force', 'may not be specified for non-apply patch'),
    ]);
  const at = objectAt(target);
  const { fieldValidation } = parameters;
  const expected = expectedOf(store.declaration, { subresource, fieldValidation });
  const { kind, floats } = expected;
  const duplicates = fieldValidation !== 'Ignore';
  const body = parseBody(jsonRequest(target), { duplicates, floats });
  const sent = (current: KubernetesObject | undefined): Mutable<KubernetesObject> => {
    const view = subresource?.read?.(current!) ?? current;
    const value = apply(view, body.value, kind);
    const decoded = decodeValue({ value, duplicates: body.duplicates }, expected);
    for (const warning of decoded.warnings) target.request.notes.warn(warning);
    return decoded.object;
  };
  const caller = callerOf(target, parameters.dryRun);
  const updated = await store.update({ at, sent, subresource, creates: 'never' }, caller);
  return updatedResponse(target, updated, subresource);
}

/** What the patch says of apiVersion and kind is passed over, unlike with the other patches. */
function strategicMerge(document: unknown, patch: unknown, kind: Kind): unknown {
  const definition = definitionOf(kind);
  // Kinds that are known only at run time have no merge keys.
  if (definition === undefined) throw unsupportedMediaType([JSON_PATCH, MERGE_PATCH, APPLY_PATCH]);
  assert(isObject(document), 'a stored object is a JSON object');
  const patched = applyStrategicMergePatch(definition, document, patch);
  return { ...patched, apiVersion: document['apiVersion'], kind: document['kind'] };
}

/** A patch is JSON under a media type of its own. */
function jsonRequest({ request }: Target) {
  const { body, headers } = request.http;
  return {
    ...(body === undefined ? {} : { body }),
    headers: { ...headers, 'content-type': 'application/json' },
  };
}

function asObject(patch: unknown): Record<string, unknown> {
  if (isObject(patch)) return patch;
  throw statusError('BadRequest', 'a merge patch must be a JSON object');
}
