import { apiVersionOf } from '../../api/resource.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import { assert } from '../../platform/assert.ts';
import type { Subresource } from './declaration.ts';
import { notFoundError } from './errors.ts';
import {
  attributesOf,
  type Caller,
  type ObjectAt,
  type ResourceContext,
} from './resource-context.ts';

/** A posted question about an object, which is answered and changes nothing: a TokenRequest. */
export interface Question {
  readonly at: ObjectAt;
  readonly subresource: Subresource<KubernetesObject>;
  readonly sent: Mutable<KubernetesObject>;
}

export async function answer(
  context: ResourceContext,
  { at, subresource, sent }: Question,
  caller: Caller,
): Promise<KubernetesObject> {
  const { declaration, control, admission } = context;
  assert(subresource.answers !== undefined, 'a subresource that answers nothing');
  if (control === undefined) throw statusError('ServiceUnavailable', 'nobody can answer this');
  const { kind } = subresource;
  if (kind !== undefined) Object.assign(sent, { apiVersion: apiVersionOf(kind), kind: kind.kind });
  if (declaration.type.namespaced) sent.metadata.namespace ??= at.namespace;
  const asked = { operation: 'CREATE', at, caller, subresource, object: sent } as const;
  // As in Kubernetes who may not ask hears so even of an object that is not there.
  await admission.mutate(attributesOf(context, asked));
  const parent = (await context.storage.get(at, ''))?.value;
  if (parent === undefined) throw notFoundError(declaration.type, at.name);
  sent.metadata.name ??= at.name;
  await admission.validate(attributesOf(context, asked));
  return subresource.answers(sent, parent, {
    control,
    nowMs: context.clock.now(),
    warn: (text) => caller.request?.warn(text),
    annotate: (key, value) => caller.request?.annotate(key, value),
  });
}
