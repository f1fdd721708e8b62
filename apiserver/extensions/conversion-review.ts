/**
 * ConversionReview (apiextensions.k8s.io/v1, and v1beta1, whose answers need not say what they
 * are): what a webhook made of objects, and whether it may have done so.
 */
import { deepEqual, isObject } from '../../api/deep.ts';
import { errorsText } from '../../api/field-errors.ts';
import { goTypeOf } from '../../api/go-struct.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { jsonKind } from '../../api/schema/go-json.ts';
import { validateAnnotations, validateLabels } from '../../api/validation/labels.ts';
import { jsonText } from '../../platform/json-text.ts';
import { saysItsKind } from '../webhook/review-kind.ts';

const GROUP = 'apiextensions.k8s.io';
const KIND = 'ConversionReview';

/** Why a webhook's answer cannot be used. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}

/** What is told without the webhook: it is no object of Kubernetes. */
export class UnreadableObject extends Error {
  override readonly name = 'UnreadableObject';
}

export function reviewOf(version: string): { readonly kind: string; readonly apiVersion: string } {
  return { kind: KIND, apiVersion: `${GROUP}/${version}` };
}

/** Throws an Error that says why the answer holds none. */
export function convertedObjects(
  answer: unknown,
  asked: { readonly version: string; readonly uid: string },
): readonly unknown[] {
  const review = isObject(answer) ? answer : {};
  const { version } = asked;
  const named = saysItsKind(review, { group: GROUP, version, kind: KIND });
  const { response } = review;
  const { uid, result, convertedObjects: objects } = isObject(response) ? response : {};
  if (result !== undefined && result !== null && !isObject(result))
    throw mistyped(result, 'result of type v1.Status');
  if (objects !== undefined && objects !== null && !Array.isArray(objects))
    throw mistyped(objects, 'convertedObjects of type []runtime.RawExtension');
  const strict = version === 'v1';
  if (strict && !named)
    throw new Error(`expected webhook response of ${GROUP}/v1, Kind=${KIND}, got /, Kind=`);
  if (!isObject(response)) throw new Error('no response provided');
  if (strict && uid !== asked.uid) {
    const [wanted, got] = [JSON.stringify(asked.uid), JSON.stringify(textOf(uid))];
    throw new Error(`expected response.uid=${wanted}, got ${got}`);
  }
  const { status, message } = isObject(result) ? result : {};
  if (status !== 'Success')
    throw new Error(
      textOf(message) || `response.result.status was '${textOf(status)}', not 'Success'`,
    );
  return objects ?? [];
}

function mistyped(value: unknown, field: string): Error {
  const of = `Go struct field ConversionResponse.response.${field}`;
  return new Error(`json: cannot unmarshal ${jsonKind(value)} into ${of}`);
}

/** The object that was wanted, and where it stands if there are several. */
interface Wanted {
  readonly apiVersion: string;
  readonly index?: number;
}

/** The converted object with what a conversion may not change as it was. Throws BadAnswer. */
export function checked(
  original: KubernetesObject,
  sent: unknown,
  wanted: Wanted,
): KubernetesObject {
  const converted = readable(sent);
  const { apiVersion, kind, metadata } = converted;
  const places = placesOf(wanted);
  const wrong = wrongKind({ apiVersion, kind }, { ...wanted, kind: original.kind });
  if (wrong !== undefined) throw new BadAnswer(`returned invalid ${places.kind}: ${wrong}`);
  const had = isObject(metadata) ? metadata : {};
  const other = otherObject(original.metadata, had);
  if (other !== undefined) throw new BadAnswer(`returned invalid ${places.object}: ${other}`);
  const { labels, annotations, ...kept } = original.metadata;
  const before = { labels, annotations };
  const own = { ...kept };
  for (const field of ['labels', 'annotations'] as const) {
    const { texts, fault } = textsOf(had[field], { field, before: before[field] });
    if (fault !== undefined) throw new BadAnswer(`returned invalid ${places.metadata}: ${fault}`);
    if (texts !== undefined) Object.assign(own, { [field]: texts });
  }
  return { ...converted, metadata: own } as unknown as KubernetesObject;
}

/** How Kubernetes tells where a fault is: of one object otherwise than of several. */
function placesOf({ index }: Wanted): Readonly<Record<'kind' | 'object' | 'metadata', string>> {
  if (index === undefined)
    return { kind: 'object at index 0', object: 'object', metadata: 'metadata' };
  const object = `converted object at index ${index}`;
  return { kind: object, object, metadata: `metadata in object at index ${index}` };
}

function otherObject(
  { name = '', namespace = '', uid = '' }: KubernetesObject['metadata'],
  had: Readonly<Record<string, unknown>>,
): string | undefined {
  const same = [
    ['name', name, textOf(had['name'])],
    ['namespace', namespace, textOf(had['namespace'])],
    ['UID', uid, textOf(had['uid'])],
  ] as const;
  const changed = same.find(([, before, now]) => before !== now);
  if (changed === undefined) return undefined;
  const [shown, before, now] = changed;
  return `must have the same ${shown}: ${before} != ${now}`;
}

function readable(sent: unknown): Readonly<Record<string, unknown>> {
  if (sent === null || sent === undefined)
    throw new UnreadableObject('unexpected end of JSON input');
  if (!isObject(sent)) {
    const target = 'Go value of type map[string]interface {}';
    throw new UnreadableObject(`json: cannot unmarshal ${jsonKind(sent)} into ${target}`);
  }
  if (textOf(sent['kind']) === '')
    throw new UnreadableObject(`Object 'Kind' is missing in '${jsonText(sent)}'`);
  return sent;
}

function wrongKind(
  { apiVersion, kind }: { readonly apiVersion: unknown; readonly kind: unknown },
  wanted: { readonly apiVersion: string; readonly kind: string },
): string | undefined {
  if (apiVersion !== wanted.apiVersion)
    return `invalid groupVersion (expected ${wanted.apiVersion}, received ${textOf(apiVersion)})`;
  if (kind !== wanted.kind)
    return `invalid kind (expected ${wanted.kind}, received ${textOf(kind)})`;
  return undefined;
}

/** Labels or annotations, and what is wrong with them if they are not those of before. */
function textsOf(
  value: unknown,
  of: {
    readonly field: 'labels' | 'annotations';
    readonly before: Readonly<Record<string, string>> | undefined;
  },
): { readonly texts?: Readonly<Record<string, string>>; readonly fault?: string } {
  const { field, before = {} } = of;
  if (value === undefined || value === null) return {};
  if (!isObject(value))
    return { fault: `invalid metadata.${field} of type ${goTypeOf(value)} in converted object` };
  for (const [key, text] of Object.entries(value)) {
    const is = goTypeOf(text);
    if (is !== 'string')
      return {
        fault: `metadata.${field}[${key}] must be a string, but is ${is} in converted object`,
      };
  }
  const texts = value as Readonly<Record<string, string>>;
  if (deepEqual(texts, before)) return { texts };
  const errors =
    field === 'labels'
      ? validateLabels(texts, 'metadata.labels')
      : validateAnnotations(texts, 'metadata.annotation');
  return errors.length === 0 ? { texts } : { fault: errorsText(errors) };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
