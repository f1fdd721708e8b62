/**
 * Bounds in time for plugins from outside the package: one that never returns fails the pod it
 * was asked about, and the scheduler goes on. Kubernetes' own plugins need none, and get none.
 *
 * A limit costs a thread (~100 µs), so calls that come once per node share that of their cycle;
 * the others have one each. A cycle cut off may have left anything on trial: `onCut` repairs it.
 */
import type { TimeLimit } from '../platform/time-limit.ts';
import { TimeLimitExceeded } from '../platform/time-limit.ts';
import type { EnqueueExtensions, Plugin } from './framework/interface.ts';
import { failure, type Status } from './framework/status.ts';
import { wrapPlugin } from './framework/wrapped-plugin.ts';

/** Less than a leader's renew deadline: what hangs must not cost the lease. */
const MAX_PLUGIN_MS = 5000;

/** Called once per pod, outside the cycle's search. */
const alone: ReadonlySet<string> = new Set([
  ...['preEnqueue', 'goesFirst', 'reserve', 'unreserve', 'permit'],
  ...['preBindPreFlight', 'preBind', 'bind', 'postBind'],
]);

export class PluginLimits {
  readonly #limit: TimeLimit;
  readonly #ms: number;
  /** Whose method is at work; stays if it is cut off. */
  #running: string | undefined;
  #hinting = false;
  /** Called when a search was cut off in the middle. */
  onCut: () => void = () => {};

  constructor(limit: TimeLimit, ms = MAX_PLUGIN_MS) {
    this.#limit = limit;
    this.#ms = ms;
  }

  /** The same plugin, under limits. */
  guard(plugin: Plugin): Plugin {
    const { name, interests } = plugin as Plugin & Partial<EnqueueExtensions>;
    this.#hinting ||= interests?.some(({ helps }) => helps !== undefined) ?? false;
    return wrapPlugin(plugin, (method, call) => {
      const watched = (...parameters: unknown[]): unknown => {
        const outer = this.#running;
        this.#running = name;
        try {
          return call(...parameters);
        } finally {
          this.#running = outer;
        }
      };
      if (!alone.has(method)) return watched;
      return (...parameters) => this.#run(() => watched(...parameters));
    });
  }

  /** The search for a node: what is asked of plugins about one pod, node by node. */
  search<T>(work: () => T): T | Status {
    try {
      return this.#run(work);
    } catch (error) {
      if (!(error instanceof PluginHung)) throw error;
      this.onCut();
      return failure(error, error.plugin);
    }
  }

  /** Queueing hints about one event; `instead` answers where they hang. */
  hints<T>(work: () => T, instead: () => T): T {
    if (!this.#hinting) return work();
    try {
      return this.#run(work);
    } catch (error) {
      if (!(error instanceof PluginHung)) throw error;
      return instead();
    }
  }

  #run<T>(work: () => T): T {
    try {
      return this.#limit.run(this.#ms, work);
    } catch (error) {
      if (!(error instanceof TimeLimitExceeded)) throw error;
      const plugin = this.#running;
      this.#running = undefined;
      throw new PluginHung(plugin, error.message);
    }
  }
}

class PluginHung extends Error {
  readonly plugin: string | undefined;

  constructor(plugin: string | undefined, how: string) {
    super(plugin === undefined ? `plugins ${how} together` : `plugin "${plugin}" ${how}`);
    this.plugin = plugin;
  }
}
