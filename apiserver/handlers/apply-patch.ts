import { isObject } from '../../api/deep.ts';
import { type FieldError, invalidError, required } from '../../api/field-errors.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { jsonKind } from '../../api/schema/go-json.ts';
import { statusError } from '../../api/status.ts';
import { parseLenientYaml } from '../../api/yaml.ts';
import { type HttpResponse, JsonValue } from '../../platform/net/http.ts';
import type { Subresource } from '../registry/declaration.ts';
import {
  type ParsedBody,
  readable,
  textOf,
  unmarshalErrors,
  UnreadableBody,
  unsupportedMediaType,
} from './body.ts';
import { booleanParameter, writeParameters } from './options.ts';
import { checkChangedForm, updatedResponse } from './subresource.ts';
import { callerOf, objectAt, type Target } from './target.ts';

const OTHER_PATCHES = ['application/json-patch+json', 'application/merge-patch+json'];
const PATCH_OPTIONS = { group: 'meta.k8s.io', kind: 'PatchOptions' };

/** PATCH with a configuration: server-side apply. */
export async function applyPatch(
  target: Target,
  subresource?: Subresource<KubernetesObject>,
): Promise<HttpResponse> {
  const { request, store } = target;
  const { query } = request.http;
  const cannotApply = subresource?.kind && !subresource.parentConfiguration;
  if (!store.appliable || cannotApply) throw unsupportedMediaType(OTHER_PATCHES);
  checkChangedForm(target, subresource);
  const parameters = writeParameters(query, 'PatchOptions');
  const errors: FieldError[] = [];
  if (!query.get('fieldManager'))
    errors.push(required('fieldManager', 'is required for apply patch'));
  if (errors.length > 0) throw invalidError(PATCH_OPTIONS, '', errors);
  const strict = parameters.fieldValidation === 'Strict';
  const duplicates = parameters.fieldValidation !== 'Ignore';
  const body = configurationOf(target, duplicates);
  // For the audit log, which shows JSON.
  request.notes.noteSent(
    { metadata: {} } as KubernetesObject,
    () => body.value as KubernetesObject,
  );
  if (strict && body.duplicates.length > 0)
    throw statusError('BadRequest', STRICT + unmarshalErrors(body.duplicates));
  for (const warning of body.duplicates) request.notes.warn(warning);
  const updated = await store.apply(
    {
      at: objectAt(target),
      configuration: asConfiguration(body.value),
      subresource,
      force: booleanParameter(query, 'force') ?? false,
    },
    callerOf(target, parameters.dryRun),
  );
  return updatedResponse(target, updated, subresource);
}

const STRICT = 'error strict decoding YAML: error converting YAML to JSON: ';

/** YAML, of which JSON is a part; kubectl sends JSON. */
function configurationOf({ request }: Target, duplicates: boolean): ParsedBody {
  const { body = new Uint8Array(0) } = request.http;
  if (body instanceof JsonValue) return { value: body.value, duplicates: [] };
  try {
    const read = readable('error converting YAML to JSON: ', () => parseLenientYaml(textOf(body)));
    return { value: read.value ?? {}, duplicates: duplicates ? read.duplicates : [] };
  } catch (error) {
    if (error instanceof UnreadableBody) throw undecodable(error.message);
    throw error;
  }
}

function asConfiguration(value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw undecodable(
    'error unmarshaling JSON: while decoding JSON: ' +
      `json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`,
  );
}

const undecodable = (why: string): Error =>
  statusError('BadRequest', `error decoding YAML: ${why}`);
