import type { AuditEvent } from './event.ts';

/** Whether requests wait until their events are out; strictly: are refused if they cannot be. */
export const auditModes = ['batch', 'blocking', 'blocking-strict'] as const;
export type AuditMode = (typeof auditModes)[number];

/** Where events go. */
export interface AuditBackend {
  /** As metrics name it. */
  readonly plugin: 'log' | 'webhook';
  /** How many events were lost so far. */
  readonly lost: number;
  /**
   * `text`: the event as JSON. What is given back is to be waited for before the request goes on;
   * false: the request is to be refused, if it has not begun.
   */
  add(event: AuditEvent, text: string): Promise<boolean> | undefined;
  /** Sends what waits, as far as it is taken. */
  stop(): Promise<void>;
}
