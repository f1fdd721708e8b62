/**
 * A profile whose plugins are timed, alone and all of a point together, in every tenth attempt:
 * kube-scheduler samples its plugins so too. In the other attempts each costs one more call.
 */
import type { Clock } from '../platform/clock.ts';
import type { ClusterState } from './framework/cluster-state.ts';
import { type Attempts, Framework } from './framework/framework.ts';
import type { Plugin } from './framework/interface.ts';
import {
  type ExtensionPoint,
  methodOf,
  type Profile,
  type ProfileRow,
} from './framework/profile.ts';
import type { Status } from './framework/status.ts';
import { type Method, wrapPlugin } from './framework/wrapped-plugin.ts';

export interface PointMeter {
  point(point: string, of: { readonly profile: string; readonly status: string }, ms: number): void;
  plugin(point: string, of: { readonly plugin: string; readonly status: string }, ms: number): void;
  /** PostFilter was asked to make room. */
  preempting(): void;
}

const SAMPLED = 10;

/** As Kubernetes writes them: "PreFilter". */
const nameOf = (point: ExtensionPoint): string => point[0]!.toUpperCase() + point.slice(1);

const statusOf = (result: unknown): string =>
  typeof result === 'object' && result !== null && 'code' in result
    ? String((result as Status).code)
    : 'Success';

const timed: readonly ExtensionPoint[] = [
  ...(['preFilter', 'filter', 'postFilter', 'preScore', 'score', 'reserve'] as const),
  ...(['permit', 'preBind', 'bind', 'postBind'] as const),
];

/** What the plugins of one point took together in one attempt. */
interface PointTime {
  ms: number;
  status: string;
}

export function meteredFramework(
  profile: Profile,
  of: { readonly cluster: ClusterState; readonly meter: PointMeter; readonly clock: Clock },
): Framework {
  const meters = new Meters(profile.schedulerName, of.meter, of.clock);
  const wrapped = new Map<Plugin, Plugin>();
  const rows = (all: readonly ProfileRow[]): ProfileRow[] =>
    all.map((row) => {
      let plugin = wrapped.get(row.plugin);
      if (plugin === undefined) wrapped.set(row.plugin, (plugin = metered(row.plugin, meters)));
      return { ...row, plugin };
    });
  const at = Object.entries(profile.at ?? {}).map(([point, all]) => [point, rows(all)]);
  const timedProfile: Profile = {
    ...profile,
    rows: rows(profile.rows),
    ...(profile.at === undefined ? {} : { at: Object.fromEntries(at) as typeof profile.at }),
  };
  return new Framework(timedProfile, of.cluster, meters);
}

class Meters implements Attempts {
  readonly #profile: string;
  readonly #meter: PointMeter;
  readonly #clock: Clock;
  readonly #times = new Map<ExtensionPoint, PointTime>();
  #attempts = 0;
  sampling = false;

  constructor(profile: string, meter: PointMeter, clock: Clock) {
    this.#profile = profile;
    this.#meter = meter;
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  begin(): void {
    this.sampling = this.#attempts++ % SAMPLED === 0;
    this.#times.clear();
  }

  /** A plugin's part in a point of this attempt. */
  add(point: ExtensionPoint, plugin: string, call: { ms: number; status: string }): void {
    const time = this.#times.get(point) ?? { ms: 0, status: 'Success' };
    this.#times.set(point, time);
    time.ms += call.ms;
    if (call.status !== 'Success' && call.status !== 'Skip') time.status = call.status;
    this.#meter.plugin(nameOf(point), { plugin, status: call.status }, call.ms);
  }

  /** A binding's points come after the attempt, many at a time: each is told of by itself. */
  alone(point: ExtensionPoint, plugin: string, call: { ms: number; status: string }): void {
    const { ms, status } = call;
    this.#meter.plugin(nameOf(point), { plugin, status }, ms);
    this.#meter.point(nameOf(point), { profile: this.#profile, status }, ms);
  }

  preempting(): void {
    this.#meter.preempting();
  }

  end(): void {
    for (const [point, { ms, status }] of this.#times)
      this.#meter.point(nameOf(point), { profile: this.#profile, status }, ms);
    this.#times.clear();
    this.sampling = false;
  }
}

/** The same plugin; its methods of points are timed when their attempt is. */
const metered = (plugin: Plugin, meters: Meters): Plugin =>
  wrapPlugin(plugin, (name, method) => {
    const point = timed.find((each) => methodOf[each] === name);
    return point === undefined ? method : timedMethod(point, plugin.name, { method, meters });
  });

function timedMethod(
  point: ExtensionPoint,
  plugin: string,
  { method, meters }: { readonly method: Method; readonly meters: Meters },
): Method {
  if (point === 'preBind' || point === 'bind')
    return bindingMethod(point, plugin, { method, meters });
  return (...parameters) => {
    if (point === 'postFilter') meters.preempting();
    if (!meters.sampling) return method(...parameters);
    const begunMs = meters.now();
    let status = 'Error';
    try {
      const result = method(...parameters);
      status = statusOf(result);
      return result;
    } finally {
      meters.add(point, plugin, { ms: meters.now() - begunMs, status });
    }
  };
}

function bindingMethod(
  point: ExtensionPoint,
  plugin: string,
  { method, meters }: { readonly method: Method; readonly meters: Meters },
): Method {
  return async (...parameters) => {
    const begunMs = meters.now();
    let status = 'Error';
    try {
      const result = await (method(...parameters) as Promise<unknown>);
      status = statusOf(result);
      return result;
    } finally {
      meters.alone(point, plugin, { ms: meters.now() - begunMs, status });
    }
  };
}
