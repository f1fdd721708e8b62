import { deepCopy } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { isStatus } from '../../api/status.ts';
import { assert } from '../../platform/assert.ts';
import { type Deleted, type Deletion, remove } from './delete.ts';
import { notFoundError } from './errors.ts';
import { attributesOf, type Caller, type ResourceContext } from './resource-context.ts';

/** Judgements of an object that changes all the time before the client is told of the conflict. */
const MAX_ATTEMPTS = 20;

/** A deletion that others have to agree to first, on the very version that is then deleted. */
export async function removePermitted(
  context: ResourceContext,
  deletion: Deletion,
  caller: Caller,
): Promise<Deleted> {
  const { at, options, subresource } = deletion;
  assert(subresource?.permit !== undefined, 'a deletion that nobody permits');
  const { preconditions } = options;
  await admitPosted(context, deletion, caller);
  const request = { nowMs: context.clock.now(), dryRun: caller.dryRun };
  for (let attempt = 1; ; attempt++) {
    const current = await context.storage.get(at, '');
    if (current === undefined) throw notFoundError(context.declaration.type, at.name);
    const permitted = await subresource.permit(current.value, context.others, request);
    const pinned = !permitted.anyVersion && preconditions?.resourceVersion === undefined;
    const { resourceVersion } = current.value.metadata;
    try {
      return await remove(
        context,
        pinned && resourceVersion !== undefined
          ? {
              ...deletion,
              options: { ...options, preconditions: { ...preconditions, resourceVersion } },
            }
          : deletion,
        caller,
      );
    } catch (error) {
      if (!pinned || !isStatus(error, 'Conflict')) throw error;
      if (permitted.outdated !== undefined) throw permitted.outdated;
      if (attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Others may refuse the request as such, whatever becomes of the object. */
async function admitPosted(
  context: ResourceContext,
  { at, subresource, sent }: Deletion,
  caller: Caller,
): Promise<void> {
  if (sent === undefined) return;
  const object = deepCopy(sent) as Mutable<KubernetesObject>;
  const kind = subresource?.kind;
  if (kind !== undefined)
    Object.assign(object, { apiVersion: apiVersionOf(kind), kind: kind.kind });
  object.metadata.namespace ??= at.namespace;
  const attributes = attributesOf(context, {
    operation: 'CREATE',
    at,
    subresource,
    object,
    caller,
  });
  await context.admission.mutate(attributes);
  await context.admission.validate(attributes);
}
