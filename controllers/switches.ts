/**
 * Which controllers work, while they run: the ConfigMap kube-system/wherry-controllers says so
 * with a list as --controllers takes it, under the key "controllers". Without it, or without that
 * key, what the flag says holds. A list that names nobody changes nothing; an event tells.
 *
 * In the cluster rather than in a file or on a port: it is guarded by the API server, reaches a
 * manager wherever it runs and whoever leads, and outlives a restart.
 */
import { configMaps } from '../api/resources.ts';
import type { ConfigMap } from '../api/types/core-v1.ts';
import type { EventRecorder, EventText } from '../client/event-recorder.ts';
import type { Informer } from '../client/informer-interface.ts';
import type { Logger } from '../platform/logger.ts';
import { type ControllerContext, recorderFor } from './runtime/controller.ts';
import type { Manager } from './runtime/manager.ts';
import { enabledControllers, UnknownControllerError } from './table.ts';

export const SWITCHES = { namespace: 'kube-system', name: 'wherry-controllers' } as const;
const KEY = `${SWITCHES.namespace}/${SWITCHES.name}`;

export class Switches {
  readonly #maps: Informer<ConfigMap>;
  readonly #recorder: EventRecorder;
  readonly #logger: Logger;
  readonly #manager: Manager;
  readonly #flag: readonly string[];
  /** The last that was there; undefined if there never was one. */
  #map: ConfigMap | undefined;
  #isFollowing = false;
  #list: readonly string[];
  #unfollow: () => void = () => {};

  constructor(context: ControllerContext, manager: Manager, flag: readonly string[]) {
    this.#maps = context.informers.of(configMaps);
    this.#recorder = recorderFor(context, 'controller-manager');
    this.#logger = context.logger;
    this.#manager = manager;
    this.#flag = flag;
    this.#list = flag;
  }

  /** Runs the manager; resolves when those that are on work. */
  async start(): Promise<void> {
    this.#maps.start();
    await this.#maps.whenSynced();
    const seen = (map: ConfigMap): void => {
      const { namespace, name } = map.metadata;
      if (namespace !== SWITCHES.namespace || name !== SWITCHES.name) return;
      this.#map = map;
      this.#changed();
    };
    const updated = (_: ConfigMap, map: ConfigMap): void => seen(map);
    this.#unfollow = this.#maps.addHandler({ added: seen, updated, deleted: seen });
    this.#list = this.#asked() ?? this.#flag;
    this.#isFollowing = true;
    await this.#run();
  }

  async stop(): Promise<void> {
    this.#unfollow();
    await this.#recorder.stop();
  }

  #changed(): void {
    const list = this.#isFollowing ? this.#asked() : undefined;
    if (list === undefined || list.join() === this.#list.join()) return;
    this.#list = list;
    // Whoever cannot start because its informers were stopped has nothing left to do.
    void this.#run().catch((error: unknown) => {
      this.#logger.debug({ err: error }, 'controllers not switched');
    });
  }

  async #run(): Promise<void> {
    const wanted = new Set(enabledControllers(this.#list).map(({ name }) => name));
    await this.#manager.run(wanted);
    const off = this.#manager.names.filter((name) => !wanted.has(name));
    this.#logger.info({ controllers: wanted.size, off }, 'controllers started');
    const message = off.length === 0 ? 'All controllers are on' : `Off: ${off.join(', ')}`;
    this.#tell({ type: 'Normal', reason: 'ControllersSwitched', message });
  }

  /** Undefined if nobody can say which controllers are meant. */
  #asked(): readonly string[] | undefined {
    const text = this.#maps.lister.get(KEY)?.data?.['controllers'];
    if (text === undefined) return this.#flag;
    const list = text.split(',').map((entry) => entry.trim());
    try {
      enabledControllers(list);
      return list;
    } catch (error) {
      if (!(error instanceof UnknownControllerError)) throw error;
      const { message } = error;
      this.#logger.error({ reason: message }, 'controllers not switched');
      this.#tell({ type: 'Warning', reason: 'UnknownController', message });
      return undefined;
    }
  }

  #tell(text: EventText): void {
    if (this.#map !== undefined) this.#recorder.record(this.#map, text);
  }
}
