import type { Plugin } from './interface.ts';

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
}
