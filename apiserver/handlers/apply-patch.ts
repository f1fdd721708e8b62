import { isObject } from '../../api/deep.ts';
import { type FieldError, invalidError, required } from '../../api/field-errors.ts';
import { type JsonQuestions, parseJson } from '../../api/json.ts';
import { RoundedInteger } from '../../api/rounded-integer.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import { parseYaml } from '../../api/yaml.ts';
import { type HttpResponse, JsonValue } from '../../platform/http.ts';
import type { Subresource } from '../registry/declaration.ts';
import { type ParsedBody, readText, textOf, unsupportedMediaType } from './body.ts';
import { booleanParameter, writeParameters } from './options.ts';
import { updatedResponse } from './subresource.ts';
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
  const warnings = body.duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`);
  if (strict && warnings.length > 0)
    throw statusError('BadRequest', `error strict decoding YAML: ${warnings.join(', ')}`);
  for (const warning of warnings) request.notes.warn(warning);
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

/** YAML, of which JSON is a part; kubectl sends JSON. */
function configurationOf({ request, store }: Target, duplicates: boolean): ParsedBody {
  const { body } = request.http;
  if (body === undefined) throw statusError('BadRequest', 'the body of the request is empty');
  if (body instanceof JsonValue) return { value: body.value, duplicates: [] };
  const text = textOf(body);
  const { floats } = store.declaration;
  return readText(() =>
    /^\s*\{/.test(text)
      ? parseFlow(text, { duplicates, floats })
      : { value: parseYaml(text, { exact: floats !== true }), duplicates: [] },
  );
}

/** What begins like JSON may still be YAML's own flow style. */
function parseFlow(text: string, ask: JsonQuestions): ParsedBody {
  try {
    return parseJson(text, ask);
  } catch (error) {
    if (error instanceof RoundedInteger) throw error;
    return { value: parseYaml(text, { exact: ask.floats !== true }), duplicates: [] };
  }
}

function asConfiguration(value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw statusError(
    'BadRequest',
    'error decoding YAML: json: cannot unmarshal into Go value of type map[string]interface {}',
  );
}
