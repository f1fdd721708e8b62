/** `wherry store` in this process. */
import type { ProcessContext } from '../../platform/node/process.ts';
import { storeCommand } from '../../store/main.ts';

/** Runs until `serving` has seen it ready; rejects as the command does. */
export async function runStore(
  args: readonly string[],
  serving: (url: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const termination = new AbortController();
  let failure: unknown;
  const context: ProcessContext = {
    ...{ script: 'wherry', argv: args, env: {}, pid: 1, cwd: '/', interactive: false },
    ...{ out() {}, err() {}, readInput: () => Promise.resolve('') },
    terminated: termination.signal,
    notifyReady(url) {
      serving(url!)
        .catch((error: unknown) => (failure = error))
        .finally(() => termination.abort());
    },
  };
  const command = storeCommand(context)
    .exitOverride()
    .configureOutput({ writeErr() {} });
  await command.parseAsync([...args], { from: 'user' });
  if (failure !== undefined) throw failure as Error;
}
