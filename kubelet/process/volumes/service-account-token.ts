import { nameOf, uidOf } from '../../../api/meta.ts';
import { serviceAccounts } from '../../../api/resources.ts';
import { parseTime } from '../../../api/time.ts';
import type { Pod } from '../../../api/types/core-v1.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { PodObjects } from '../pod-objects.ts';
import type { TokenAsked } from './payload.ts';

/** As the kubelet: renewed after four fifths of its life, or a day. */
const RENEWED_AFTER = 0.8;
const MAX_AGE_MS = 24 * 3600 * 1000;

interface Kept {
  readonly token: string;
  readonly renewAtMs: number;
}

/** Tokens bound to the pod, one per audience and life asked for. */
export class PodTokens {
  readonly #clock: Clock;
  readonly #pod: Pod;
  readonly #objects: PodObjects;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock, pod: Pod, objects: PodObjects) {
    this.#clock = clock;
    this.#pod = pod;
    this.#objects = objects;
  }

  async token(asked: TokenAsked): Promise<string> {
    const key = `${asked.expirationSeconds} ${asked.audience ?? ''}`;
    const kept = this.#kept.get(key);
    const now = this.#clock.now();
    if (kept !== undefined && now < kept.renewAtMs) return kept.token;
    const { token, expirationTimestamp } = await this.#request(asked);
    const lifeMs = (parseTime(expirationTimestamp) ?? now) - now;
    const renewAtMs = now + Math.min(MAX_AGE_MS, Math.max(0, lifeMs) * RENEWED_AFTER);
    this.#kept.set(key, { token, renewAtMs });
    return token;
  }

  async #request({ audience, expirationSeconds }: TokenAsked) {
    const pod = { kind: 'Pod', apiVersion: 'v1', name: nameOf(this.#pod), uid: uidOf(this.#pod) };
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: audience === undefined ? [] : [audience],
        expirationSeconds,
        boundObjectRef: pod,
      },
    };
    const name = this.#pod.spec.serviceAccountName ?? 'default';
    const ref = { namespace: this.#objects.namespace, name };
    const answer = await this.#objects.client.createSubresource(serviceAccounts, ref, {
      subresource: 'token',
      body,
    });
    return (answer as { status: { token: string; expirationTimestamp: string } }).status;
  }
}
