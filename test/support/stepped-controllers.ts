/** Controllers on a real API server, under a clock that the test advances. */
import { startApiServer } from '../../apiserver/server.ts';
import { createClient, type RestClient } from '../../client/rest.ts';
import { type ControllersOptions, startControllers } from '../../controllers/manager.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { MemoryKv } from '../model/memory-kv.ts';
import { withoutControllers } from './admission.ts';
import { FakeClock } from './fake-clock.ts';
import { SeededRandom } from './seeded-random.ts';

export interface SteppedControllers {
  readonly clock: FakeClock;
  /** The administrator's. */
  readonly client: RestClient;
}

export async function startSteppedControllers(
  parts: Lifecycle,
  options: Pick<ControllersOptions, 'controllers' | 'resourceTypes' | 'fingerprint'>,
): Promise<SteppedControllers> {
  const clock = new FakeClock();
  const effects = { clock, random: new SeededRandom(1), logger };
  const server = await parts.start(() =>
    startApiServer({ ...effects, kv: new MemoryKv(), admissionPlugins: withoutControllers }),
  );
  const ready = server.ready();
  await clock.advance(10);
  await ready;
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  const client = createClient({
    handler: (request) => server.handler({ ...request, peer: { address: 'test', certificate } }),
    userAgent: 'test',
    clock,
  });
  const running = await parts.start(() =>
    startControllers({ ...effects, ...options, client, freeze: true }),
  );
  await running.ready();
  return { clock, client };
}
