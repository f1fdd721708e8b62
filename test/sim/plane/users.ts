/** People at work: what the seed has them create, change and delete, while everything breaks. */
import { deployments, nodes as nodeType, pods as podType } from '../../../api/resources.ts';
import { StatusError } from '../../../api/status.ts';
import type { PodSpec } from '../../../api/types/core-v1.ts';
import type { RestClient } from '../../../client/rest.ts';
import type { SeededRandom, SimTime } from '../time.ts';

const namespace = 'default';
const merge = 'application/merge-patch+json';

export interface UserParts {
  readonly client: RestClient;
  readonly random: SeededRandom;
  readonly time: SimTime;
  readonly nodes: readonly string[];
  readonly done: () => boolean;
}

type Act = (user: User) => Promise<unknown>;

export class User {
  readonly #parts: UserParts;
  /** What was done, for the one who reads a failure. */
  readonly log: string[] = [];

  constructor(parts: UserParts) {
    this.#parts = parts;
  }

  async work(): Promise<void> {
    const { random, time, done } = this.#parts;
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

const ref = (name: string) => ({ namespace, name });

const createDeployment: Act = async (user) => {
  const { random } = user;
  const name = random.pick(['web', 'api']);
  const rolling = random.pick([
    undefined,
    { maxSurge: 1, maxUnavailable: 0 },
    { maxSurge: 0, maxUnavailable: 1 },
    { maxSurge: '50%', maxUnavailable: '50%' },
  ]);
  const replicas = random.between(1, 6);
  user.note(`create deployment ${name} of ${replicas}, ${JSON.stringify(rolling)}`);
  await user.client.create(deployments, {
    metadata: ref(name),
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      ...(random.oneIn(6)
        ? { strategy: { type: 'Recreate' } }
        : rolling && { strategy: { type: 'RollingUpdate', rollingUpdate: rolling } }),
      template: {
        metadata: { labels: { app: name }, annotations: user.annotations() },
        spec: user.podSpec(name),
      },
    },
  });
};

const change = async (user: User, body: object, what: string): Promise<void> => {
  const { items } = await user.client.list(deployments, { namespace });
  if (items.length === 0) return;
  const { name = '' } = user.random.pick(items).metadata;
  user.note(`${what} deployment ${name}: ${JSON.stringify(body)}`);
  await user.client.patch(deployments, ref(name), { type: merge, body });
};

const deletePod: Act = async (user) => {
  const { items } = await user.client.list(podType, { namespace });
  if (items.length === 0) return;
  const { name = '' } = user.random.pick(items).metadata;
  user.note(`delete pod ${name}`);
  const grace = user.random.oneIn(4) ? { gracePeriodSeconds: 0 } : {};
  await user.client.delete(podType, ref(name), grace);
};

const deleteDeployment: Act = async (user) => {
  const name = user.random.pick(['web', 'api']);
  const propagationPolicy = user.random.pick(['Background', 'Foreground'] as const);
  user.note(`delete deployment ${name}, ${propagationPolicy}`);
  await user.client.delete(deployments, ref(name), { propagationPolicy });
};

const cordon: Act = async (user) => {
  const name = user.random.pick(user.nodes);
  const unschedulable = user.random.oneIn(2);
  user.note(`${unschedulable ? 'cordon' : 'uncordon'} ${name}`);
  await user.client.patch(nodeType, { name }, { type: merge, body: { spec: { unschedulable } } });
};

const acts: readonly (readonly [string, Act])[] = [
  ['create', createDeployment],
  ['create', createDeployment],
  ['create', createDeployment],
  ['scale', (user) => change(user, { spec: { replicas: user.random.between(0, 6) } }, 'scale')],
  ['scale', (user) => change(user, { spec: { replicas: user.random.between(0, 6) } }, 'scale')],
  ['roll', roll],
  ['roll', roll],
  ['roll', roll],
  ['delete', deleteDeployment],
  ['delete pod', deletePod],
  ['cordon', cordon],
];

function roll(user: User): Promise<void> {
  const annotations = { ...user.annotations(), version: String(user.random.below(4)) };
  return change(user, { spec: { template: { metadata: { annotations } } } }, 'roll');
}
