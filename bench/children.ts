/** Programs that a suite started: none of them outlives the bench, however that ends. */
import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

/** The same child, killed with the bench if it still runs then. */
export function withBench<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// So that a bench which is interrupted ends by way of `exit`.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(1));
