import { deepEqual } from '../../api/deep.ts';
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
  asked: Asked,
  caller: Caller,
): Promise<Passage> {
  const { storage, others, random, declaration } = context;
  const { connect, at } = asked;
  const { query, path } = await admitted(context, asked, caller);
  const { namespace, name } = at;
  return connect.passage({
    namespace,
    name,
    query,
    path,
    others,
    pick: (below) => random.below(below, 'endpoint of a service'),
    async parent(of) {
      const found = await storage.get({ namespace, name: of }, '');
      if (found === undefined) throw notFoundError(declaration.type, of);
      return found.value;
    },
  });
}

/** What is asked for once admission, which may change it, has said yes. */
async function admitted(
  context: ResourceContext,
  { connect, at, query, path }: Asked,
  caller: Caller,
): Promise<ConnectOptions> {
  const options = connect.options?.({ query, path });
  if (options === undefined) return { query, path };
  const kind = connect.kind ?? context.declaration.type;
  // No object of the API's: it has no metadata.
  const object = { kind: kind.kind, apiVersion: apiVersionOf(kind), ...options } as object;
  const write = {
    ...({ operation: 'CONNECT', at, caller } as const),
    subresource: connect,
    object: object as Mutable<KubernetesObject>,
  };
  await context.admission.mutate(attributesOf(context, write));
  await context.admission.validate(attributesOf(context, write));
  const { kind: _kind, apiVersion: _apiVersion, ...changed } = object as Fields;
  if (deepEqual(changed, options)) return { query, path };
  if (connect.carries !== 'proxy') return { query: queryOf(changed), path };
  const below = typeof changed['path'] === 'string' ? changed['path'] : '';
  return { query, path: `/${below.replace(/^\//, '')}` };
}

type Fields = Readonly<Record<string, unknown>>;

/** The parameters of a connection are named as the fields of its options. */
function queryOf(options: Fields): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options))
    for (const each of [value].flat()) query.append(name, String(each));
  return query;
}
