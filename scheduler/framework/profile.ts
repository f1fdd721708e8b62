import type { Plugin } from './interface.ts';

/** The extension points as KubeSchedulerConfiguration names them, with the method of each. */
export const methodOf = {
  preEnqueue: 'preEnqueue',
  queueSort: 'goesFirst',
  preFilter: 'preFilter',
  filter: 'filter',
  postFilter: 'postFilter',
  preScore: 'preScore',
  score: 'score',
  reserve: 'reserve',
  permit: 'permit',
  preBind: 'preBind',
  bind: 'bind',
  postBind: 'postBind',
} as const;

export type ExtensionPoint = keyof typeof methodOf;

/**
 * One row of a profile. A plugin takes part in every extension point whose method it has, in
 * the order of the rows; `weight` multiplies its scores.
 */
export interface ProfileRow {
  readonly plugin: Plugin;
  readonly weight?: number;
}

/** The plugins that place the pods whose spec.schedulerName is `schedulerName`. */
export interface Profile {
  readonly schedulerName: string;
  readonly rows: readonly ProfileRow[];
  /** Points at which other plugins act, or in another order. */
  readonly at?: Readonly<Partial<Record<ExtensionPoint, readonly ProfileRow[]>>>;
  /** Wins over the scheduler's own. */
  readonly percentageOfNodesToScore?: number;
}
