import vm from 'node:vm';
import { type TimeLimit, TimeLimitExceeded } from '../time-limit.ts';

/** V8 can end what a script runs, functions from outside it included. Costs a thread: ~100 µs. */
export function realTimeLimit(): TimeLimit {
  const global: { work: (() => void) | undefined } = { work: undefined };
  const context = vm.createContext(global);
  const script = new vm.Script('work()');
  return {
    run<T>(ms: number, work: () => T): T {
      const outer = global.work;
      let result: { readonly value: T } | undefined;
      global.work = () => {
        result = { value: work() };
      };
      try {
        script.runInContext(context, { timeout: ms });
      } catch (error) {
        if ((error as { code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
          throw new TimeLimitExceeded(ms);
        throw error;
      } finally {
        global.work = outer;
      }
      return result!.value;
    },
  };
}
