/**
 * Says of each FlowSchema whether its priority level exists, and brings back standard schemas and
 * levels that were deleted. Every API server does; they write the same.
 */
import { resourcePath } from '../../api/resource.ts';
import { formatTime } from '../../api/time.ts';
import type {
  FlowSchema,
  FlowSchemaCondition,
  PriorityLevelConfiguration,
} from '../../api/types/flowcontrol-v1.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { ObjectSource } from '../authz/object-source.ts';
import { flowSchema } from '../registry/kinds/flowcontrol/flowschema.ts';
import type { SelfClient } from './self-client.ts';

/** kube-apiserver's. */
const INTERVAL_MS = 60_000;
const RETRY_MS = 1_000;
const DANGLING = 'Dangling';

export interface FlowSchemaStatusOptions {
  readonly flowSchemas: ObjectSource<FlowSchema>;
  readonly priorityLevels: ObjectSource<PriorityLevelConfiguration>;
  /** Writes the standard objects that are missing. */
  readonly ensure: () => Promise<void>;
  readonly client: SelfClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class FlowSchemaStatus implements Running {
  readonly #options: FlowSchemaStatusOptions;
  readonly #stopping = new AbortController();
  #wake: (() => void) | undefined;
  #changed = true;
  #running: Promise<void> | undefined;

  constructor(options: FlowSchemaStatusOptions) {
    this.#options = options;
  }

  start(): void {
    const { flowSchemas, priorityLevels } = this.#options;
    const follower = { reset: () => this.#outdated(), changed: () => this.#outdated() };
    flowSchemas.follow(follower);
    priorityLevels.follow(follower);
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
  }

  #outdated(): void {
    this.#changed = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { logger, clock, ensure } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.#changed) {
          this.#changed = false;
          await this.#pass();
        } else await ensure();
        if (!this.#changed) await this.#rest();
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ error }, 'the status of flow schemas was not written');
        this.#changed = true;
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }

  /** Until something changes, or the time for a further look has come. */
  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#options.clock.after(INTERVAL_MS, done);
      this.#wake = done;
      if (this.#stopping.signal.aborted) done();
    });
  }

  async #pass(): Promise<void> {
    const { flowSchemas, priorityLevels, client, clock } = this.#options;
    for (const schema of flowSchemas.list('')) {
      const { name: level } = schema.spec.priorityLevelConfiguration;
      const wanted = danglingCondition(level, priorityLevels.get('', level) !== undefined);
      const conditions = schema.status?.conditions ?? [];
      const current = conditions.find(({ type }) => type === DANGLING);
      if (current?.status === wanted.status && current?.message === wanted.message) continue;
      const since = current?.status === wanted.status ? current?.lastTransitionTime : undefined;
      const condition = { ...wanted, lastTransitionTime: since ?? formatTime(clock.now()) };
      const others = conditions.filter(({ type }) => type !== DANGLING);
      const changed = {
        ...schema,
        status: { ...schema.status, conditions: [...others, condition] },
      };
      // Who was faster, or changed it meanwhile, wakes us again.
      await client.update(statusPath(schema), changed);
    }
  }
}

const statusPath = ({ metadata: { name = '' } }: FlowSchema): string =>
  resourcePath(flowSchema.type, { name, subresource: 'status' });

export function danglingCondition(level: string, exists: boolean): FlowSchemaCondition {
  const what =
    'This FlowSchema references the PriorityLevelConfiguration object named ' +
    JSON.stringify(level);
  return exists
    ? { type: DANGLING, status: 'False', reason: 'Found', message: `${what} and it exists` }
    : {
        type: DANGLING,
        status: 'True',
        reason: 'NotFound',
        message: `${what} but there is no such object`,
      };
}
