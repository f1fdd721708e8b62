import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { ConnectOptions, ConnectSubresource, Passage } from './connect-subresource.ts';
import { notFoundError } from './errors.ts';
import {
  attributesOf,
  type Caller,
  type ObjectAt,
  type ResourceContext,
} from './resource-context.ts';

/** A request that another server is to answer. */
export interface Asked extends ConnectOptions {
  readonly connect: ConnectSubresource<KubernetesObject>;
  readonly at: ObjectAt;
}

/** Admission's CONNECT, then the subresource's own judgement. */
export async function passageOf(
  context: ResourceContext,
  { connect, at, query, path }: Asked,
  caller: Caller,
): Promise<Passage> {
  const { admission, storage, others, random, declaration } = context;
  const options = connect.options?.({ query, path });
  if (options !== undefined) {
    const kind = connect.kind ?? declaration.type;
    // No object of the API's: it has no metadata, and nothing asks for them.
    const object = { kind: kind.kind, apiVersion: apiVersionOf(kind), ...options } as object;
    const asked = {
      ...({ operation: 'CONNECT', at, caller } as const),
      subresource: connect,
      object: object as Mutable<KubernetesObject>,
    };
    await admission.mutate(attributesOf(context, asked));
    await admission.validate(attributesOf(context, asked));
  }
  const { namespace, name } = at;
  return connect.passage({
    ...{ namespace, name, query, path, others },
    pick: (below) => random.below(below, 'endpoint of a service'),
    async parent(of) {
      const found = await storage.get({ namespace, name: of }, '');
      if (found === undefined) throw notFoundError(declaration.type, of);
      return found.value;
    },
  });
}
