import type { AuditEvent } from './event.ts';

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
