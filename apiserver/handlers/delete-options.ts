import { invalidError } from '../../api/field-errors.ts';
import { decodeObject } from '../../api/schema/decode.ts';
import type { DeleteOptions } from '../../api/types/meta-v1.ts';
import { type HttpRequest, JsonValue } from '../../platform/http.ts';
import { parseBody } from './body.ts';
import { booleanParameter, dryRunErrors, numberParameter, textParameter } from './options.ts';

const KIND = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' };

/** From the body if there is one, else from the query: of both, Kubernetes reads the body alone. */
export function deleteOptions(request: HttpRequest): DeleteOptions & { readonly dryRun: string[] } {
  const options = hasBody(request) ? fromBody(request) : fromQuery(request.query);
  const dryRun = (options.dryRun ?? []).filter(Boolean);
  const errors = dryRunErrors(dryRun);
  if (errors.length > 0) throw invalidError(KIND, '', errors);
  return { ...options, dryRun };
}

function hasBody({ body }: HttpRequest): boolean {
  return body instanceof JsonValue ? body.value !== undefined : (body?.length ?? 0) > 0;
}

/** Clients send it under the apiVersion of the resource as well: only its fields matter. */
function fromBody(request: HttpRequest): DeleteOptions {
  const { value } = parseBody(request, { duplicates: false, kind: KIND });
  return decodeObject(KIND, value, 'Ignore').object;
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const gracePeriodSeconds = numberParameter(query, 'gracePeriodSeconds');
  const propagationPolicy = textParameter(query, 'propagationPolicy');
  const orphanDependents = booleanParameter(query, 'orphanDependents');
  return {
    dryRun: query.getAll('dryRun'),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
  };
}
