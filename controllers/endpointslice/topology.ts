/** What is remembered of zones: how they share the nodes' CPU, and who was given hints by them. */
import { keyOf } from '../../api/meta.ts';
import type { Node, Service } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { nodeReady } from '../runtime/nodes.ts';
import type { ZoneHints } from './hints.ts';
import {
  isOverloaded,
  ZONE_LABEL,
  type ZoneCounts,
  type ZoneShares,
  zoneSharesOf,
} from './zone-shares.ts';

const zoneOf = ({ metadata }: Node): string | undefined => metadata.labels?.[ZONE_LABEL];

export class Topology {
  readonly #nodes: Informer<Node>;
  readonly #recorder: EventRecorder;
  readonly #counts = new Map<string, Map<string, ZoneCounts>>();
  /** Reckoned when somebody asks, and not again until a node changes. */
  #shares: { readonly of: ZoneShares | undefined } | undefined;

  /** Calls `overloaded` with keys of Services whose zones no longer bear what they were given. */
  constructor(
    nodes: Informer<Node>,
    recorder: EventRecorder,
    overloaded: (service: string) => void,
  ) {
    this.#nodes = nodes;
    this.#recorder = recorder;
    const changed = (): void => {
      this.#shares = undefined;
      for (const [key, counts] of this.#counts)
        if ([...counts.values()].some((each) => isOverloaded(each, this.shares))) overloaded(key);
    };
    nodes.addHandler({
      added: changed,
      updated: (old, node) => {
        if (nodeReady(old) !== nodeReady(node) || zoneOf(old) !== zoneOf(node)) changed();
      },
      deleted: changed,
    });
  }

  get shares(): ZoneShares | undefined {
    this.#shares ??= { of: zoneSharesOf(this.#nodes.lister.list()) };
    return this.#shares.of;
  }

  /** Tells of what has begun, failed or ended, by address type; absent: nobody asks for zones. */
  wrote(service: Service, zones: ReadonlyMap<string, ZoneHints> | undefined): void {
    const key = keyOf(service);
    const given = new Map<string, ZoneCounts>();
    for (const [addressType, hints] of zones ?? []) {
      if ('problem' in hints)
        this.#tell(service, 'Disabled', `${hints.problem}, ${typed(addressType)}`);
      else given.set(addressType, hints.counts);
    }
    const [before, now] = [[...(this.#counts.get(key) ?? [])][0], [...given][0]];
    if (before === undefined && now !== undefined)
      this.#tell(service, 'Enabled', `Topology Aware Hints has been enabled, ${typed(now[0])}`);
    if (before !== undefined && zones === undefined)
      this.#tell(
        service,
        'Disabled',
        `Topology Aware Hints has been disabled, ${typed(before[0])}`,
      );
    if (given.size === 0) this.#counts.delete(key);
    else this.#counts.set(key, given);
  }

  forget(key: string): void {
    this.#counts.delete(key);
  }

  #tell(service: Service, what: 'Enabled' | 'Disabled', message: string): void {
    const type = what === 'Enabled' ? 'Normal' : 'Warning';
    this.#recorder.record(service, { type, reason: `TopologyAwareHints${what}`, message });
  }
}

const typed = (addressType: string): string => `addressType: ${addressType}`;
