import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import type { Clock } from '../../platform/clock.ts';
import { sleep } from '../../platform/clock.ts';
import type { Session } from '../session.ts';
import type { Located } from './located.ts';
import { pathOf } from './resources.ts';

/** Between two watches of an object that the server ended. */
const PAUSE_MS = 200;

/**
 * The states of one object from now on, undefined whenever it is not there; ends when `signal`
 * aborts. A watch that ends is begun again with a fresh list.
 */
export async function* states(
  session: Session,
  { type, namespace, name }: Located,
  signal: AbortSignal,
): AsyncGenerator<KubernetesObject | undefined> {
  const path = pathOf(type, namespace);
  const fieldSelector = `metadata.name=${name}`;
  while (!signal.aborted) {
    try {
      const list = (await session.api.send({ method: 'GET', path, query: { fieldSelector } })) as {
        items: KubernetesObject[] | null;
        metadata: { resourceVersion?: string };
      };
      yield list.items?.[0];
      const { resourceVersion } = list.metadata;
      const query = { fieldSelector, watch: 'true', resourceVersion };
      for await (const event of await session.api.watch({ method: 'GET', path, query, signal })) {
        if (event.type === 'BOOKMARK') continue;
        yield event.type === 'DELETED' ? undefined : (event.object as KubernetesObject);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isStatus(error, 'Expired') && !isStatus(error, 'Gone')) throw error;
    }
    await sleep(session.clock, PAUSE_MS, signal);
  }
}

/** Aborts when `outer` does or after `timeoutMs`; 0 is never. Call `done` when it is over. */
export function limited(
  clock: Clock,
  outer: AbortSignal,
  timeoutMs: number,
): { signal: AbortSignal; timedOut: () => boolean; done: () => void } {
  const controller = new AbortController();
  let timedOut = false;
  const abort = (): void => controller.abort();
  if (outer.aborted) abort();
  outer.addEventListener('abort', abort, { once: true });
  const timer =
    timeoutMs > 0
      ? clock.after(timeoutMs, () => {
          timedOut = true;
          abort();
        })
      : undefined;
  return {
    signal: controller.signal,
    timedOut: () => timedOut,
    done() {
      timer?.cancel();
      outer.removeEventListener('abort', abort);
      abort();
    },
  };
}
