/** What the conversion webhook of the stories answers: what it is asked about says how it lies. */
import type { Answer } from '../https-server.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ConversionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly Convertible[];
  };
}

interface Convertible extends Json {
  readonly metadata: Json & { readonly name: string };
  readonly spec?: Json;
}

const RENAMED: Readonly<Record<string, string>> = { field: 'other', other: 'field' };

/** `spec.field` of v1 is `spec.other` of v2. */
function honest(object: Convertible, apiVersion: string): Convertible {
  const entries = Object.entries(object.spec ?? {});
  const spec = Object.fromEntries(entries.map(([name, value]) => [RENAMED[name] ?? name, value]));
  return { ...object, apiVersion, ...(object.spec && { spec }) };
}

const told = (metadata: Json) => (of: Convertible) => ({
  ...of,
  metadata: { ...of.metadata, ...metadata },
});
const without = (field: string) => (of: Convertible) =>
  Object.fromEntries(Object.entries(of).filter(([name]) => name !== field));
const instead = (more: Json) => (of: Convertible) => ({ ...of, ...more });

/** By the name of what is converted: what is made of the object that is right. */
const lies: Readonly<Record<string, (of: Convertible) => unknown>> = {
  'is-null': () => null,
  'is-number': () => 1,
  'is-list': () => [],
  'is-empty': () => ({}),
  'other-version': instead({ apiVersion: 'story.example.com/v3' }),
  'other-group': instead({ apiVersion: 'other.example.com/v2' }),
  'no-version': without('apiVersion'),
  'other-kind': instead({ kind: 'Other' }),
  'no-metadata': without('metadata'),
  'null-metadata': instead({ metadata: null }),
  'text-metadata': instead({ metadata: 'x' }),
  renamed: told({ name: 'other' }),
  nameless: told({ name: null }),
  'name-number': told({ name: 1 }),
  moved: told({ namespace: 'other' }),
  'other-uid': told({ uid: 'other' }),
  'no-uid': told({ uid: undefined }),
  'labels-new': told({ labels: { a: 'b' } }),
  'labels-gone': told({ labels: undefined }),
  'labels-null': told({ labels: null }),
  'labels-wrong': told({ labels: { a: 'b c' } }),
  'labels-numbers': told({ labels: { a: 1 } }),
  'labels-list': told({ labels: ['a'] }),
  'labels-text': told({ labels: 'a' }),
  'notes-new': told({ annotations: { a: 'b' } }),
  'notes-wrong': told({ annotations: { 'a b': 'c' } }),
  'notes-numbers': told({ annotations: { a: true } }),
  'notes-text': told({ annotations: 'a' }),
  finalized: told({
    finalizers: ['a/b'],
    ownerReferences: [],
    generation: 7,
    deletionTimestamp: 'x',
  }),
  dated: told({ creationTimestamp: '2020-01-01T00:00:00Z', resourceVersion: '1' }),
  'spec-text': instead({ spec: 'x' }),
  'spec-null': instead({ spec: null }),
  'spec-gone': without('spec'),
  unknown: instead({ spec: { other: 'x', field: 'x', unheard: 'x' }, unheard: 1 }),
  wrong: instead({ spec: { other: 1, field: 1 } }),
};

const success = { status: 'Success' };

/** By the name of what is converted: the response, beside the uid. */
const responses: Readonly<Record<string, (objects: readonly Json[]) => Json>> = {
  failed: () => ({ result: { status: 'Failed', message: 'no, because' } }),
  'failed-mute': () => ({ result: { status: 'Failed' } }),
  'failed-yet': (convertedObjects) => ({
    convertedObjects,
    result: { status: 'Failure', code: 400 },
  }),
  'no-result': (convertedObjects) => ({ convertedObjects }),
  'null-result': (convertedObjects) => ({ convertedObjects, result: null }),
  'text-result': (convertedObjects) => ({ convertedObjects, result: 'Success' }),
  'small-result': (convertedObjects) => ({ convertedObjects, result: { status: 'success' } }),
  'other-review': (convertedObjects) => ({ uid: 'other', convertedObjects, result: success }),
  'no-review': (convertedObjects) => ({ uid: undefined, convertedObjects, result: success }),
  none: () => ({ convertedObjects: [], result: success }),
  absent: () => ({ result: success }),
  'null-objects': () => ({ convertedObjects: null, result: success }),
  'one-object': ([convertedObjects]) => ({ convertedObjects, result: success }),
  twice: (objects) => ({ convertedObjects: [...objects, ...objects], result: success }),
};

/** By the name of what is converted: the whole answer. */
const answers: Readonly<Record<string, (review: ConversionReview, response: Json) => Answer>> = {
  garbage: () => ({ body: '{garbage' }),
  empty: () => ({ body: '' }),
  'a-list': () => ({ body: [] }),
  'no-response': ({ apiVersion, kind }) => ({ body: { apiVersion, kind } }),
  'null-response': ({ apiVersion, kind }) => ({ body: { apiVersion, kind, response: null } }),
  'a-pod': ({ apiVersion }, response) => ({ body: { apiVersion, kind: 'Pod', response } }),
  untyped: (_, response) => ({ body: { response } }),
  older: ({ kind }, response) => ({
    body: { apiVersion: 'apiextensions.k8s.io/v1beta1', kind, response },
  }),
  later: ({ kind }, response) => ({
    body: { apiVersion: 'apiextensions.k8s.io/v2', kind, response },
  }),
  broke: () => ({ status: 500, headers: { 'content-type': 'text/plain' }, body: 'it broke' }),
  lost: () => ({ status: 404, body: 'not here' }),
  forbidden: () => ({ status: 403, headers: { 'content-type': 'text/plain' }, body: 'not you' }),
  busy: () => ({ status: 429, body: 'later' }),
};

/** Names of objects about which the webhook lies. */
export const LIES = [lies, responses, answers].flatMap((table) => Object.keys(table));

export function conversionAnswer(review: ConversionReview): Answer {
  const { uid, desiredAPIVersion, objects } = review.request;
  const name = objects[0]!.metadata.name;
  const converted = objects.map((one) => {
    const right = honest(one, desiredAPIVersion);
    return (name in lies ? lies[name]!(right) : right) as Json;
  });
  const right = { convertedObjects: converted, result: success };
  const response = { uid, ...(responses[name]?.(converted) ?? right) };
  const { apiVersion, kind } = review;
  return answers[name]?.(review, response) ?? { body: { apiVersion, kind, response } };
}
