import type { Mutable } from '../../../api/meta.ts';
import type { StatusError } from '../../../api/status.ts';
import { type Amounts, amountsOf, listOf } from '../../../api/quota/amounts.ts';
import { matchesQuota } from '../../../api/quota/evaluators.ts';
import type { ResourceQuota } from '../../../api/types/core-v1.ts';
import { charge, negative, objection, type Request } from './charge.ts';
import { type LimitedResource, uncovered } from './limited-resources.ts';

/** How admission reaches the quotas of a namespace. */
export interface QuotaAccess {
  /** What this server knows, its own writes included. Other servers' may be missing. */
  known(namespace: string): Promise<readonly ResourceQuota[]> | readonly ResourceQuota[];
  /** What the store says now. */
  current(namespace: string): Promise<readonly ResourceQuota[]>;
  /**
   * Compare and swap: stores what `change` makes of the quota, and asks it again when another
   * write came between. Undefined: nothing is to be stored, which holds only for the store's own
   * state. Does nothing if the quota is gone.
   */
  update(
    quota: { readonly namespace: string; readonly name: string },
    change: (current: ResourceQuota) => Mutable<ResourceQuota> | undefined,
  ): Promise<void>;
}

interface Waiting {
  readonly request: Request;
  readonly dryRun: boolean;
  readonly resolve: (refused: Refusal | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Why the quotas forbid it; or what it fails with. */
export type Refusal = string | StatusError;
type Verdicts = Map<Waiting, Refusal>;

/**
 * Keeps the books: what is used is written down before it is used, so that however many ask at
 * once, on however many servers, never more is given out than there is. What waits for one
 * namespace is entered together, as one write per quota.
 *
 * An entry whose object is not created after all stays until the quota controller counts anew.
 */
export class QuotaBooks {
  readonly #access: QuotaAccess;
  readonly #limited: readonly LimitedResource[];
  /** By namespace, while somebody works on it. At most one per request in flight. */
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(access: QuotaAccess, limited: readonly LimitedResource[] = []) {
    this.#access = access;
    this.#limited = limited;
  }

  /** Resolves with the reason if it is refused. */
  enter(namespace: string, request: Request, dryRun: boolean): Promise<Refusal | undefined> {
    return new Promise((resolve, reject) => {
      const waiting = { request, dryRun, resolve, reject };
      const others = this.#waiting.get(namespace);
      if (others === undefined) {
        this.#waiting.set(namespace, [waiting]);
        void this.#work(namespace);
      } else {
        others.push(waiting);
      }
    });
  }

  async #work(namespace: string): Promise<void> {
    for (;;) {
      const batch = this.#waiting.get(namespace)!;
      if (batch.length === 0) break;
      this.#waiting.set(namespace, []);
      try {
        const refused = await this.#settle(namespace, batch);
        for (const waiting of batch) waiting.resolve(refused.get(waiting));
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#waiting.delete(namespace);
  }

  async #settle(namespace: string, batch: readonly Waiting[]): Promise<Verdicts> {
    let quotas = await this.#access.known(namespace);
    let refused = judge(quotas, batch, this.#limited);
    // A refusal counts only on the store's own word.
    if (refused.size > 0) {
      quotas = await this.#access.current(namespace);
      refused = judge(quotas, batch, this.#limited);
    }
    const admitted = batch.filter((each) => !refused.has(each) && !each.dryRun);
    for (const quota of quotas) {
      const charged = admitted.filter(
        (each) => !refused.has(each) && concerns(quota, each.request),
      );
      if (charged.length === 0) continue;
      const at = { namespace, name: quota.metadata.name! };
      let late: Verdicts = new Map();
      await this.#access.update(at, (current) => {
        late = new Map();
        const used = enter(current, charged, late);
        return used === undefined ? undefined : withUsed(current, used);
      });
      for (const [waiting, why] of late) refused.set(waiting, why);
    }
    return refused;
  }
}

function concerns(quota: ResourceQuota, request: Request): boolean {
  return matchesQuota(request.evaluator, quota, request.object);
}

/** Each request must find room in every quota, after those before it. */
function judge(
  quotas: readonly ResourceQuota[],
  batch: readonly Waiting[],
  limited: readonly LimitedResource[],
): Verdicts {
  const refused: Verdicts = new Map();
  const running = new Map(quotas.map((quota) => [quota, amountsOf(quota.status?.used)] as const));
  for (const waiting of batch) {
    const matching = quotas.filter((quota) => concerns(quota, waiting.request));
    const why =
      first(matching, (quota) => objection(waiting.request, quota)) ??
      (matching.length > 0 ? negative(waiting.request) : undefined) ??
      (limited.length > 0 ? uncovered(waiting.request, quotas, limited) : undefined);
    if (why !== undefined) {
      refused.set(waiting, why);
      continue;
    }
    const next = new Map<ResourceQuota, Amounts>();
    for (const quota of matching) {
      const charged = charge(waiting.request, quota, running.get(quota)!);
      if ('refused' in charged) {
        refused.set(waiting, charged.refused);
        break;
      }
      if (charged.used !== undefined) next.set(quota, charged.used);
    }
    if (refused.has(waiting) || waiting.dryRun) continue;
    for (const [quota, used] of next) running.set(quota, new Map(used));
  }
  return refused;
}

function first<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is used once those are counted who still fit; the others go to `refused`. */
function enter(
  quota: ResourceQuota,
  batch: readonly Waiting[],
  refused: Verdicts,
): Amounts | undefined {
  let used: Amounts = amountsOf(quota.status?.used);
  let changed = false;
  for (const waiting of batch) {
    const charged = charge(waiting.request, quota, used);
    if ('refused' in charged) {
      refused.set(waiting, charged.refused);
    } else if (charged.used !== undefined) {
      used = charged.used;
      changed = true;
    }
  }
  return changed ? used : undefined;
}

function withUsed(quota: ResourceQuota, used: Amounts): Mutable<ResourceQuota> {
  return {
    ...(quota as Mutable<ResourceQuota>),
    metadata: { ...(quota.metadata as Mutable<ResourceQuota['metadata']>) },
    status: { ...(quota.status as Mutable<ResourceQuota>['status']), used: listOf(used) },
  };
}
