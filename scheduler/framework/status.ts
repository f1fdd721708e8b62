/**
 * What a plugin says of a pod, or of a pod on a node. Saying nothing (undefined) is success.
 *
 * - Error: the plugin or something it needs failed; the pod is tried again after a backoff.
 * - Unschedulable: not now; evicting pods might help.
 * - UnschedulableAndUnresolvable: not now, and evicting pods would not help.
 * - Wait: only from Permit: decided later.
 * - Skip: only from PreFilter, PreScore and Bind: the plugin has no say on this pod.
 * - Pending: only from Reserve to PreBind: waits for something outside the scheduler.
 */
export type Code =
  | 'Success'
  | 'Error'
  | 'Unschedulable'
  | 'UnschedulableAndUnresolvable'
  | 'Wait'
  | 'Skip'
  | 'Pending';

export interface Status {
  readonly code: Exclude<Code, 'Success'>;
  /** Counted by text over all nodes to make the message users see. */
  readonly reasons: readonly string[];
  /** Set by the framework: who said so. */
  readonly plugin?: string;
  /** Set when `code` is Error and something was thrown. */
  readonly cause?: unknown;
}

export const skip: Status = { code: 'Skip', reasons: [] };

export function unschedulable(...reasons: string[]): Status {
  return { code: 'Unschedulable', reasons };
}

export function unresolvable(...reasons: string[]): Status {
  return { code: 'UnschedulableAndUnresolvable', reasons };
}

export function failure(cause: unknown, plugin?: string): Status {
  const message = cause instanceof Error ? cause.message : String(cause);
  return { code: 'Error', reasons: [message], cause, ...(plugin === undefined ? {} : { plugin }) };
}

/** A failure says what was being done: `running Reserve plugin "X": …`. */
export function failedWhile(doing: string, status: Status): Status {
  if (status.code !== 'Error') return status;
  return { ...status, reasons: [`${doing}: ${status.reasons.join(', ')}`] };
}

/** True for "no", as opposed to "failed". */
export function isRejection(status: Status): boolean {
  return (
    status.code === 'Unschedulable' ||
    status.code === 'UnschedulableAndUnresolvable' ||
    status.code === 'Pending'
  );
}

/** Bounds a {@link Reasons}; the reasons of one profile are far fewer. */
const MAX_REMEMBERED = 1024;

/**
 * Statuses by their reasons, so that thousands of nodes rejected for one reason share one object.
 */
export class Reasons {
  readonly #statuses = new Map<string, Status>();

  get(code: Status['code'], reasons: readonly string[]): Status {
    const key = `${code}|${reasons.join('|')}`;
    let status = this.#statuses.get(key);
    if (status === undefined) {
      if (this.#statuses.size >= MAX_REMEMBERED) this.#statuses.clear();
      status = { code, reasons: [...reasons] };
      this.#statuses.set(key, status);
    }
    return status;
  }
}

/** Plugins return the same few statuses for thousands of nodes and pods: copied once for each. */
const namedStatuses = new WeakMap<Status, Map<string, Status>>();

/** The status with the name of the plugin it came from. */
export function namedBy(status: Status, plugin: string): Status {
  if (status.plugin !== undefined) return status;
  let copies = namedStatuses.get(status);
  if (copies === undefined) namedStatuses.set(status, (copies = new Map<string, Status>()));
  let copy = copies.get(plugin);
  if (copy === undefined) copies.set(plugin, (copy = { ...status, plugin }));
  return copy;
}
