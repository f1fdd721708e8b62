import { AsyncLocalStorage } from 'node:async_hooks';
import type { Traced, TraceScope } from '../trace-scope.ts';

export function traceScope({ every }: { readonly every: boolean }): TraceScope {
  const storage = new AsyncLocalStorage<Traced>();
  let running = 0;
  return {
    every,
    async run(traced, work) {
      running++;
      try {
        return await storage.run(traced, work);
      } finally {
        // Node.js then stops carrying it through each await of everybody.
        if (--running === 0) storage.disable();
      }
    },
    current: () => storage.getStore(),
  };
}
