import { AsyncLocalStorage } from 'node:async_hooks';
import type { TraceScope } from '../trace-scope.ts';

export function traceScope(): TraceScope {
  const storage = new AsyncLocalStorage<string>();
  return {
    run: (id, work) => storage.run(id, work),
    current: () => storage.getStore(),
  };
}
