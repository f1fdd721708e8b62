import { percentile } from './statistics.ts';

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Runs `call` in `clients` closed loops for `durationMs`, after a warm-up of a tenth of it. */
export async function closedLoop(options: {
  readonly clients: number;
  readonly durationMs: number;
  /** `n` counts calls over all clients. */
  readonly call: (client: number, n: number) => Promise<unknown>;
}): Promise<LoadResult> {
  let n = 0;
  const run = async (durationMs: number, latencies?: number[]): Promise<number> => {
    const started = performance.now();
    const end = started + durationMs;
    const client = async (index: number): Promise<void> => {
      for (let now = performance.now(); now < end;) {
        await options.call(index, n++);
        const after = performance.now();
        latencies?.push(after - now);
        now = after;
      }
    };
    await Promise.all(Array.from({ length: options.clients }, (_, index) => client(index)));
    return performance.now() - started;
  };
  await run(options.durationMs / 10);
  const latencies: number[] = [];
  const elapsedMs = await run(options.durationMs, latencies);
  return {
    perSecond: (latencies.length / elapsedMs) * 1000,
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
  };
}

/** How long each call of one client took. */
export async function latenciesOf(
  call: () => Promise<unknown>,
  durationMs: number,
): Promise<number[]> {
  const latencies: number[] = [];
  let now = performance.now();
  for (const end = now + durationMs; now < end;) {
    await call();
    const after = performance.now();
    latencies.push(after - now);
    now = after;
  }
  return latencies;
}
