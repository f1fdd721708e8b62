/** An API server on the model store, in the test's own process, and clients of it. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { startApiServer } from '../../apiserver/server.ts';
import { createClient, type RestClient } from '../../client/rest.ts';
import type { HttpHandler } from '../../platform/net/http.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { MemoryKv } from '../model/memory-kv.ts';
import { withoutControllers } from './admission.ts';
import { type Faults, faulty } from './faulty-handler.ts';

export interface EmbeddedApi {
  readonly client: RestClient;
  /** A client whose requests fail now and then. */
  readonly flaky: (faults: Faults) => RestClient;
  /** A client whose requests pass through `handle` first. */
  readonly through: (handle: (next: HttpHandler) => HttpHandler) => RestClient;
}

export async function startEmbeddedApi(parts: Lifecycle): Promise<EmbeddedApi> {
  const kv = new MemoryKv();
  const server = await parts.start(() =>
    startApiServer({ kv, clock, random, logger, admissionPlugins: withoutControllers }),
  );
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  const handler: HttpHandler = (request) =>
    server.handler({ ...request, peer: { address: 'in-process', certificate } });
  const clientOf = (own: HttpHandler): RestClient =>
    createClient({ handler: own, userAgent: 'test', clock });
  return {
    client: clientOf(handler),
    flaky: (faults) => clientOf(faulty(handler, faults)),
    through: (handle) => clientOf(handle(handler)),
  };
}

/** Waits until the objects of a type are as `holds` wants them; fails with what they were. */
export async function eventually<T extends KubernetesObject>(
  client: RestClient,
  type: ResourceType<T>,
  holds: (items: readonly T[]) => boolean,
): Promise<readonly T[]> {
  const until = Date.now() + 20_000;
  for (;;) {
    const { items } = await client.list(type);
    if (holds(items)) return items;
    if (Date.now() > until)
      throw new Error(`${type.resource} never became so: ${JSON.stringify(items, null, 1)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
