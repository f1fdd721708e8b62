import type { ComponentState } from './run-state.ts';

export type Condition = 'ready' | 'starting' | 'dead' | 'silent' | 'unready';

/** What `wherry status` found of one component. */
export interface Verdict {
  readonly component: ComponentState;
  readonly condition: Condition;
  /** What is wrong and what to do, in one line: unless it is ready, or suffers from another. */
  readonly says?: string;
  /** The part that is at fault, if it is another. */
  readonly because?: string;
}
