/** AdmissionReview (admission.k8s.io/v1, and v1beta1, which differs in nothing but its name). */
import { isObject } from '../../../api/deep.ts';
import type { ResourceType } from '../../../api/resource.ts';
import { REVIEW_VERSIONS, saysItsKind } from '../../webhook/review-kind.ts';
import type { AdmissionAttributes } from '../admission.ts';

export interface ReviewRequest {
  readonly attributes: AdmissionAttributes;
  /** The version in which the webhook sees it. */
  readonly type: ResourceType;
  readonly objects: Pick<AdmissionAttributes, 'object' | 'oldObject'>;
}

const GROUP = 'admission.k8s.io';
const KIND = 'AdmissionReview';

/** The first version that both sides know. */
export function reviewVersionOf(versions: readonly string[]): string | undefined {
  return versions.find((version) => REVIEW_VERSIONS.includes(version));
}

const optionKinds = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
} as const;

function optionsOf({ operation, options }: AdmissionAttributes): object | null {
  if (operation === 'CONNECT') return null;
  const { dryRun = [], ...more } = options;
  const named = { kind: optionKinds[operation], apiVersion: 'meta.k8s.io/v1' };
  return { ...more, ...(dryRun.length > 0 && { dryRun }), ...named };
}

/** A namespace counts as being within itself. */
function namespaceNameOf({ type, namespace, name }: AdmissionAttributes): string {
  return type.group === '' && type.resource === 'namespaces' ? name : namespace;
}

/** What webhooks are sent, and what expressions know as `request`. */
export function requestOf(
  { attributes, type }: Omit<ReviewRequest, 'objects'>,
  uid: string,
): Readonly<Record<string, unknown>> {
  const { operation, subresource, user, dryRun, kind, collection } = attributes;
  const name = collection ? '' : attributes.name;
  const requested = attributes.requestedType ?? attributes.type;
  const own = kind.kind === attributes.type.kind;
  const namespace = namespaceNameOf(attributes);
  const resourceOf = ({ group, version, resource }: ResourceType) => ({ group, version, resource });
  const kindOf = (of: ResourceType) => ({ group: of.group, version: of.version, kind: of.kind });
  const fixed = { group: kind.group, version: kind.version, kind: kind.kind };
  return {
    uid,
    kind: own ? kindOf(type) : fixed,
    resource: resourceOf(type),
    ...(subresource !== '' && { subResource: subresource }),
    requestKind: own ? kindOf(requested) : fixed,
    requestResource: resourceOf(requested),
    ...(subresource !== '' && { requestSubResource: subresource }),
    ...(name !== '' && { name }),
    ...(namespace !== '' && { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid !== undefined && { uid: user.uid }),
      groups: user.groups,
      ...(user.extra !== undefined && { extra: user.extra }),
    },
    dryRun,
    options: optionsOf(attributes),
  };
}

export function reviewOf(request: ReviewRequest, of: { readonly uid: string; version: string }) {
  const { object = null, oldObject = null } = request.objects;
  return {
    kind: KIND,
    apiVersion: `${GROUP}/${of.version}`,
    request: { ...requestOf(request, of.uid), object, oldObject },
  };
}

export interface Patch {
  readonly text: string;
  /** "JSONPatch" is the only one there is. */
  readonly type: string;
}

export interface Verdict {
  readonly allowed: boolean;
  /** A Status, as far as the webhook filled it in. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
  readonly patch: Patch | undefined;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** An answer that is none. */
export class InvalidReview extends Error {
  override readonly name = 'InvalidReview';
}

const fail = (message: string): never => {
  throw new InvalidReview(message);
};

export function verdictOf(
  answer: unknown,
  asked: { readonly uid: string; readonly version: string; readonly mutating: boolean },
): Verdict {
  if (!isObject(answer)) return fail('webhook response was absent');
  const { response } = answer;
  const named = saysItsKind(answer, { group: GROUP, version: asked.version, kind: KIND });
  if (!isObject(response)) return fail('webhook response was absent');
  const strict = asked.version === 'v1';
  if (strict && response['uid'] !== asked.uid)
    fail(`expected response.uid=${quoted(asked.uid)}, got ${quoted(response['uid'])}`);
  if (strict && !named)
    fail(`expected webhook response of ${GROUP}/${asked.version}, Kind=${KIND}, got /, Kind=`);
  return {
    allowed: response['allowed'] === true,
    result: isObject(response['status']) ? response['status'] : undefined,
    patch: patchOf(response, { strict, mutating: asked.mutating }),
    warnings: Array.isArray(response['warnings']) ? response['warnings'].map(text) : [],
    auditAnnotations: textsOf(response['auditAnnotations']),
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const quoted = (value: unknown): string => JSON.stringify(text(value));

function textsOf(value: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  if (isObject(value)) for (const [key, each] of Object.entries(value)) texts[key] = text(each);
  return texts;
}

function patchOf(
  { patch, patchType }: Record<string, unknown>,
  of: { readonly strict: boolean; readonly mutating: boolean },
): Patch | undefined {
  const none = patch === undefined || patch === null || patch === '';
  const untyped = patchType === undefined || patchType === null;
  if (!of.mutating) {
    if (of.strict && !none) fail('validating webhook may not return response.patch');
    if (of.strict && !untyped) fail('validating webhook may not return response.patchType');
    return undefined;
  }
  if (of.strict && !none && untyped)
    fail('webhook returned response.patch but not response.patchType');
  if (of.strict && none && !untyped)
    fail('webhook returned response.patchType but not response.patch');
  if (none) return undefined;
  if (of.strict && patchType === '') fail('webhook returned invalid response.patchType of ""');
  const json = Buffer.from(text(patch), 'base64').toString('utf8');
  return { text: json, type: of.strict ? text(patchType) : 'JSONPatch' };
}
