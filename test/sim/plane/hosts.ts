/** Processes on one simulated clock: killed at any moment, started again as a supervisor would. */
import type { ResourceDeclaration } from '../../../apiserver/registry/declaration.ts';
import { startApiServer } from '../../../apiserver/server.ts';
import { createClient, type RestClient } from '../../../client/rest.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { HttpHandler, HttpRequest } from '../../../platform/net/http.ts';
import type { Running } from '../../../platform/lifecycle.ts';
import { silentLogger } from '../../../platform/logger.ts';
import type { Kv } from '../../../store/kv.ts';
import { type SeededRandom, SimClock, type SimTime } from '../time.ts';
import type { Caller, Network, Reachable } from './network.ts';
import { StoreLink, type StoreWeather } from './store-link.ts';

const crashed = (): Error => new Error('socket hang up: the server died (simulated)');

export interface ApiHostParts {
  readonly time: SimTime;
  readonly fork: () => SeededRandom;
  readonly kv: Kv;
  readonly kinds: readonly ResourceDeclaration[];
  readonly weather: StoreWeather;
  readonly blind: boolean;
}

/** One API server. It keeps nothing: what a boot knew is gone with it. */
export class ApiHost implements Reachable {
  readonly #parts: ApiHostParts;
  #clock: SimClock;
  #skewMs = 0;
  #link: StoreLink | undefined;
  #fail: (error: Error) => void = () => {};
  handler: HttpHandler | undefined;
  died: Promise<never> = new Promise(() => {});

  constructor(parts: ApiHostParts) {
    this.#parts = parts;
    this.#clock = new SimClock(parts.time);
  }

  get isUp(): boolean {
    return this.#link !== undefined;
  }

  start(): void {
    if (this.isUp) return;
    const { time, fork, kv, kinds, weather, blind } = this.#parts;
    const clock = (this.#clock = new SimClock(time));
    clock.skewMs = this.#skewMs;
    const link = (this.#link = new StoreLink({ kv, time, random: fork(), weather, blind }));
    this.died = new Promise((_, reject) => (this.#fail = reject));
    this.died.catch(() => {});
    const server = startApiServer({
      ...{ kv: link, clock, random: fork(), logger: silentLogger, kinds },
      authorizationSteps: () => ['AlwaysAllow'],
    });
    // A balancer sends nobody to a server that is not ready.
    void server.ready().then(() => {
      if (this.#link === link) this.handler = server.handler;
    });
  }

  kill(): void {
    this.handler = undefined;
    this.#clock.kill();
    this.#link?.kill();
    this.#link = undefined;
    this.#fail(crashed());
  }

  /** Its watch of the store breaks. */
  cutWatches(): void {
    this.#link?.cutWatches();
  }

  /** Its machine's wall clock jumps, until it is wrong by so much. */
  skew(ms: number): void {
    this.#clock.skewMs = this.#skewMs = ms;
  }
}

/** Longer than a request of a dead process may still be under way. */
export const LEAST_DOWN_MS = 1500;

export interface ComponentEffects {
  readonly client: RestClient;
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** It cannot go on, as when leadership is lost: the process ends, and is started again. */
  readonly exit: () => void;
  /** Differs for each life. */
  readonly identity: string;
}

export interface ComponentParts {
  readonly name: string;
  readonly commonName: string;
  readonly groups?: readonly string[];
  readonly time: SimTime;
  readonly network: Network;
  readonly fork: () => SeededRandom;
  readonly problems: string[];
  readonly rewrite?: ((request: HttpRequest) => HttpRequest) | undefined;
  readonly run: (effects: ComponentEffects) => Promise<Running>;
}

/** A process that talks to the API server only: controllers, a scheduler, a node agent. */
export class ComponentHost {
  readonly #parts: ComponentParts;
  #life: { readonly caller: { isAlive: boolean } & Caller; readonly clock: SimClock } | undefined;
  #lives = 0;
  #killedMs = 0;
  #skewMs = 0;

  constructor(parts: ComponentParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  start(): void {
    if (this.isUp) return;
    const { name, time, network, fork, run, problems, commonName, groups = [] } = this.#parts;
    const clock = new SimClock(time);
    clock.skewMs = this.#skewMs;
    const caller = { isAlive: true, commonName, groups, rewrite: this.#parts.rewrite };
    const life = (this.#life = { caller, clock });
    const identity = `${name}-${++this.#lives}`;
    const handler = network.handler(caller);
    const client = createClient({ handler, userAgent: name, clock });
    const exit = (): void => {
      if (this.#life === life) this.#restart();
    };
    run({ client, clock, random: fork(), exit, identity }).catch((error: unknown) => {
      if (this.#life !== life) return;
      // As when the server cannot be asked at the start: the supervisor starts it again.
      if (!/simulated|StatusError/.test(String(error)))
        problems.push(`${name} ended: ${error instanceof Error ? error.stack : String(error)}`);
      this.#restart();
    });
  }

  /** Its supervisor sees that it ended. */
  #restart(): void {
    this.kill();
    const { time } = this.#parts;
    const killedMs = this.#killedMs;
    time.after(LEAST_DOWN_MS, () => {
      if (this.#killedMs === killedMs) this.start();
    });
  }

  kill(): void {
    if (this.#life === undefined) return;
    const { caller, clock } = this.#life;
    this.#life = undefined;
    this.#killedMs = this.#parts.time.now;
    caller.isAlive = false;
    clock.kill();
    this.#parts.network.cut(caller);
  }

  /** Its watches break. */
  cutWatches(): void {
    if (this.#life !== undefined) this.#parts.network.cut(this.#life.caller);
  }

  /** Its machine's wall clock jumps, until it is wrong by so much. */
  skew(ms: number): void {
    this.#skewMs = ms;
    if (this.#life !== undefined) this.#life.clock.skewMs = ms;
  }
}
