/**
 * One fault, one line: a part that suffers because one below it is away is not a fault of its
 * own. API servers stand on the store, everything else on the API servers; a store member that is
 * not ready while a majority answers waits for those, as during an election.
 */
import type { ComponentState } from './run-state.ts';
import type { Verdict } from './verdict.ts';

export const isStore = ({ name }: ComponentState): boolean => /^store\d*$/.test(name);
export const isApiServer = ({ name }: ComponentState): boolean => /^apiserver\d*$/.test(name);

const rank = (component: ComponentState): number =>
  isStore(component) ? 0 : isApiServer(component) ? 1 : 2;

/** Whether it runs and says so itself: what hangs or died is a fault whatever others do. */
const lives = ({ condition }: Verdict): boolean =>
  condition === 'ready' || condition === 'unready' || condition === 'starting';

/** The same verdicts; those that only suffer name the fault in `because` and say nothing. */
export function blame(verdicts: readonly Verdict[]): readonly Verdict[] {
  const stores = verdicts.filter(({ component }) => isStore(component));
  const majority = stores.filter(lives).length > stores.length / 2;
  const away = stores.find((store) => !lives(store));
  return verdicts.map((verdict): Verdict => {
    const { component, condition } = verdict;
    if (condition === 'ready' || !lives(verdict)) return verdict;
    const below = verdicts.find(
      (other) => other.condition !== 'ready' && rank(other.component) < rank(component),
    );
    const cause = isStore(component) && majority ? away : below;
    if (cause === undefined) return verdict;
    return { component, condition, because: cause.component.name };
  });
}

/** The first fault that is not another's consequence. */
export const firstFault = (verdicts: readonly Verdict[]): Verdict | undefined =>
  verdicts.find(({ condition, because }) => condition !== 'ready' && because === undefined);
