/**
 * Which API servers there are, as kube-apiserver tells it (KEP-1965): each renews a Lease in
 * kube-system that is named by its host. Those of one host share it. Who stops leaves it as it
 * is; the others collect it when it has run out.
 */
import { resourcePath } from '../../api/resource.ts';
import { leases } from '../../api/resources.ts';
import { StatusError } from '../../api/status.ts';
import { formatMicroTime, parseTime } from '../../api/time.ts';
import type { Lease, LeaseSpec } from '../../api/types/coordination-v1.ts';
import { sleep } from '../../platform/clock.ts';
import type { Ciphers } from '../../platform/crypto/ciphers.ts';
import type { Effects } from '../../platform/effects.ts';
import type { Running } from '../../platform/lifecycle.ts';
import { uuid } from '../../platform/random.ts';
import type { SelfClient } from './self-client.ts';

/** kube-apiserver's times. */
const DURATION_SECONDS = 3_600;
const RENEW_MS = 10_000;
const COLLECT_MS = 3_600_000;

const NAMESPACE = 'kube-system';
const COMPONENT = 'kube-apiserver';
const IDENTITY_LABEL = 'apiserver.kubernetes.io/identity';
const HOST_LABEL = 'kubernetes.io/hostname';

export interface ServerIdentity {
  /** The Lease's name. */
  readonly name: string;
  readonly hostname: string;
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
/** Of the hash, as many bytes are in the name. */
const HASHED_BYTES = 16;

/** RFC 4648, in small letters and without padding. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => BASE32[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/** The name that kube-apiserver has on a host. */
export function identityOn(hostname: string, fingerprint: Ciphers['fingerprint']): ServerIdentity {
  const hashed = fingerprint(Buffer.concat([hostname, COMPONENT].map(lengthPrefixed)));
  const hash = Buffer.from(hashed.slice('sha256:'.length), 'hex');
  return { name: `apiserver-${base32(hash.subarray(0, HASHED_BYTES))}`, hostname };
}

/** One that lacks what says when it ends has ended: no server writes such. */
export function isOver({ renewTime, leaseDurationSeconds }: LeaseSpec, nowMs: number): boolean {
  const renewedMs = parseTime(renewTime ?? '');
  if (renewedMs === undefined || leaseDurationSeconds === undefined) return true;
  return renewedMs + leaseDurationSeconds * 1_000 < nowMs;
}

export interface IdentityLeaseOptions extends Effects {
  readonly client: SelfClient;
  readonly identity: ServerIdentity;
}

export class IdentityLease implements Running {
  readonly #options: IdentityLeaseOptions;
  readonly #path: string;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> | undefined;

  constructor(options: IdentityLeaseOptions) {
    this.#options = options;
    const { name } = options.identity;
    this.#path = resourcePath(leases, { namespace: NAMESPACE, name });
  }

  start(): void {
    this.#running ??= Promise.all([
      this.#repeat(RENEW_MS, 'cannot renew the identity Lease', () => this.#renew()),
      this.#repeat(COLLECT_MS, 'cannot collect identity Leases', () => this.#collect()),
    ]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #repeat(everyMs: number, complaint: string, pass: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await pass();
      } catch (error) {
        if (!signal.aborted) logger.warn({ error }, complaint);
      }
      await sleep(clock, everyMs, signal);
    }
  }

  /** A patch, so that servers of one host never conflict; the holder stays whoever made it. */
  async #renew(): Promise<void> {
    const { client, clock, random, identity } = this.#options;
    const { name, hostname } = identity;
    const labels = { [IDENTITY_LABEL]: COMPONENT, [HOST_LABEL]: hostname };
    const renewTime = formatMicroTime(clock.now());
    const spec = { leaseDurationSeconds: DURATION_SECONDS, renewTime };
    try {
      await client.patch(this.#path, { metadata: { labels }, spec });
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
      const holderIdentity = `${name}_${uuid(random, 'identity Lease')}`;
      await client.create(resourcePath(leases, { namespace: NAMESPACE }), {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name, labels },
        spec: { ...spec, holderIdentity },
      });
    }
  }

  async #collect(): Promise<void> {
    const { client } = this.#options;
    const list = await client.get(resourcePath(leases, { namespace: NAMESPACE }));
    const { items = [] } = (list ?? {}) as { items?: readonly Lease[] };
    for (const { metadata, spec = {} } of items) {
      if (metadata.labels?.[IDENTITY_LABEL] !== COMPONENT) continue;
      if (!isOver(spec, this.#options.clock.now())) continue;
      await client.delete(resourcePath(leases, { namespace: NAMESPACE, name: metadata.name! }));
    }
  }
}
