import { isObject } from '../../api/deep.ts';
import { invalidError } from '../../api/field-errors.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { decodeObject, undetectable } from '../../api/schema/decode.ts';
import { unregistered } from '../../api/schema/scheme-words.ts';
import { unexplained } from '../../api/status.ts';
import type { DeleteOptions } from '../../api/types/meta-v1.ts';
import { type HttpRequest, JsonValue } from '../../platform/net/http.ts';
import type { ApiRequest } from '../pipeline/api-request.ts';
import { deleteOptionErrors } from '../registry/delete.ts';
import { parseBody, UnreadableBody } from './body.ts';
import { booleanParameter, dryRunErrors, numberParameter, textParameter } from './options.ts';
import { sentKind } from './recognize.ts';
import type { Target } from './target.ts';

const KIND = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' };

/** From the body if there is one, else from the query: of both, Kubernetes reads the body alone. */
export function deleteOptions({
  http,
  notes,
}: Pick<ApiRequest, 'http' | 'notes'>): Required<Pick<DeleteOptions, 'dryRun'>> & DeleteOptions {
  const sent = hasBody(http) ? fromBody(http) : undefined;
  const { kind } = KIND;
  if (sent !== undefined)
    notes.noteOptions(() => ({ kind, apiVersion: apiVersionOf(KIND), ...sent }));
  const options = sent ?? fromQuery(http.query);
  const { dryRun = [] } = options;
  const errors = [...deleteOptionErrors(options), ...dryRunErrors(dryRun)];
  if (errors.length > 0) throw invalidError(KIND, '', errors);
  return { ...options, dryRun };
}

/** Who says what becomes of dependents knows that they may stay. */
export function warnOfDependents(
  { request, store }: Target,
  { propagationPolicy, orphanDependents }: DeleteOptions,
): void {
  const { deletionWarning } = store.declaration;
  if (propagationPolicy === undefined && orphanDependents === undefined && deletionWarning)
    request.notes.warn(deletionWarning);
}

function hasBody({ body }: HttpRequest): boolean {
  return body instanceof JsonValue ? body.value !== undefined : (body?.length ?? 0) > 0;
}

/** Clients send it under the apiVersion of the resource as well: only its fields matter. */
function fromBody(request: HttpRequest): DeleteOptions {
  const value = readable(() => parseBody(request, { kind: KIND }).value) ?? {};
  if (!isObject(value)) throw unexplained(undetectable(value));
  const { group, version, kind } = sentKind(value, unexplained);
  if (kind !== '' && kind !== KIND.kind)
    throw unexplained(unregistered(version === '' ? { ...KIND, kind } : { group, version, kind }));
  return decodeObject(KIND, value, { mode: 'Ignore', refused: unexplained }).object;
}

/** What is wrong with options has no reason in Kubernetes. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableBody) throw unexplained(error.message);
    throw error;
  }
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const gracePeriodSeconds = numberParameter(query, 'gracePeriodSeconds');
  const propagationPolicy = query.get('propagationPolicy');
  const orphanDependents = booleanParameter(query, 'orphanDependents');
  const uid = textParameter(query, 'uid');
  const resourceVersion = textParameter(query, 'resourceVersion');
  const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
  return {
    dryRun: query.getAll('dryRun'),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === null ? {} : { propagationPolicy }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(uid || resourceVersion ? { preconditions } : {}),
  };
}
