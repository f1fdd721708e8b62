/** Clients that keep something alive by a lease: it must be there as long as they were promised. */
import { StoreError } from '../../store/kv.ts';
import { attempt, type Actor } from './client.ts';
import type { Truth } from './truth.ts';

export interface Held {
  readonly key: string;
  readonly ttlMs: number;
  /** By the last renewal that was answered, counted from when it was asked for. */
  promisedUntil: number;
  /** Nobody renews it any more. */
  abandonedAt: number | undefined;
}

export async function runLeaseHolder(parts: Actor & { readonly held: Held[] }): Promise<void> {
  const { id, time, random } = parts;
  for (let n = 0; !parts.done(); n++) {
    await time.sleep(random.between(1, 500));
    const ttlSeconds = random.between(2, 4);
    const began = time.now;
    const hosts = parts.hosts();
    if (hosts.length === 0) continue;
    const granted = await attempt(parts, random.pick(hosts), ({ leases }) =>
      leases.grant({ ttlSeconds }),
    );
    if (granted instanceof StoreError) continue;
    const ttlMs = granted.ttlSeconds * 1000;
    const key = `held/${id}/${n}`;
    const held: Held = { key, ttlMs, promisedUntil: began + ttlMs, abandonedAt: undefined };
    const written = await attempt(parts, random.pick(hosts), (member) =>
      member.put({ key, value: Buffer.from(key), lease: granted.id }),
    );
    if (written instanceof StoreError) continue;
    parts.held.push(held);
    await renew(parts, held, granted.id);
    held.abandonedAt = time.now;
  }
}

async function renew(parts: Actor, held: Held, lease: string): Promise<void> {
  const { time, random } = parts;
  const until = time.now + random.between(0, 15_000);
  while (time.now < until && !parts.done()) {
    await time.sleep(held.ttlMs / 3);
    const hosts = parts.hosts();
    if (hosts.length === 0) continue;
    const asked = time.now;
    const renewed = await attempt(parts, random.pick(hosts), ({ leases }) =>
      leases.keepAlive(lease),
    );
    if (renewed instanceof StoreError) continue;
    if (renewed === 0) return;
    held.promisedUntil = Math.max(held.promisedUntil, asked + renewed * 1000);
  }
}

/** Keys that went before their time, and keys that stayed when nobody kept them any more. */
export function leaseFindings(
  held: readonly Held[],
  truth: Truth,
  settledSince: { readonly ms: number; readonly graceMs: number; readonly now: number },
): string[] {
  return held.flatMap(({ key, promisedUntil, abandonedAt }) => {
    const last = truth.last(key, truth.revision);
    if (last === undefined) return [`${key} was acknowledged and never written`];
    if (last.type === 'delete') {
      const goneAt = truth.writtenAt(last.kv.modRevision);
      return goneAt < promisedUntil ? [`${key} went at ${goneAt}, not ${promisedUntil}`] : [];
    }
    const since = Math.max(abandonedAt ?? Infinity, settledSince.ms);
    const isOverdue = settledSince.now > since + settledSince.graceMs;
    return isOverdue ? [`${key} outlives its lease, abandoned at ${abandonedAt}`] : [];
  });
}
