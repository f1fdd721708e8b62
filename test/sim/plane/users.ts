/** People at work: what the seed has them create, change and delete, while everything breaks. */
import { StatusError } from '../../../api/status.ts';
import type { PodSpec } from '../../../api/types/core-v1.ts';
import type { RestClient } from '../../../client/rest.ts';
import type { SeededRandom, SimTime } from '../time.ts';

export interface UserParts {
  readonly client: RestClient;
  readonly random: SeededRandom;
  readonly time: SimTime;
  readonly nodes: readonly string[];
  readonly acts: readonly Act[];
  readonly done: () => boolean;
}

/** One thing that a person does, with the name under which its failure is noted. */
export type Act = readonly [name: string, (user: User) => Promise<unknown>];

export class User {
  readonly #parts: UserParts;
  /** What was done, for the one who reads a failure. */
  readonly log: string[] = [];

  constructor(parts: UserParts) {
    this.#parts = parts;
  }

  async work(): Promise<void> {
    const { random, time, acts, done } = this.#parts;
    while (!done()) {
      await time.sleep(random.between(200, 4000));
      if (done()) return;
      const [name, act] = random.pick(acts);
      await this.#try(name, () => act(this));
    }
  }

  get random(): SeededRandom {
    return this.#parts.random;
  }

  get client(): RestClient {
    return this.#parts.client;
  }

  get nodes(): readonly string[] {
    return this.#parts.nodes;
  }

  note(text: string): void {
    this.log.push(`${Math.floor(this.#parts.time.now)} ms: ${text}`);
  }

  /** A person sees an error and goes on to something else. */
  async #try(name: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const isExpected = error instanceof StatusError || /simulated/.test(String(error));
      if (!isExpected) throw error;
      this.note(`${name}: ${(error as Error).message}`);
    }
  }

  podSpec(app: string): PodSpec {
    const { random } = this;
    const requests = { cpu: random.pick(['250m', '500m', '500m', '1']) };
    const near = { labelSelector: { matchLabels: { app } }, topologyKey: 'kubernetes.io/hostname' };
    const required = { requiredDuringSchedulingIgnoredDuringExecution: [near] };
    return {
      containers: [{ name: 'c', image: `image:${random.below(3)}`, resources: { requests } }],
      ...(random.oneIn(5) && { nodeSelector: { zone: random.pick(['odd', 'even']) } }),
      ...(random.oneIn(5) && { priorityClassName: 'system-cluster-critical' }),
      ...(random.oneIn(6) && { affinity: { podAntiAffinity: required } }),
    };
  }

  /** Pods that take their time, so that a rollout is not over at once. */
  annotations(): Record<string, string> {
    const { random } = this;
    return {
      'wherry.io/start-seconds': String(random.pick([0, 1, 3])),
      'wherry.io/ready-seconds': String(random.pick([0, 1, 4])),
      'wherry.io/stop-seconds': String(random.pick([0, 0, 2])),
    };
  }
}
