/** The pod-template-hash label: which ReplicaSet belongs to which version of the template. */
import { deepEqual } from '../../api/deep.ts';
import type { PodTemplateSpec } from '../../api/types/core-v1.ts';
import { fnv32a } from '../../platform/fnv.ts';
import { goDump } from './go-dump.ts';

export const HASH_LABEL = 'pod-template-hash';

/** No vowels and no digits that look like them: a hash is never a word. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A hash as Kubernetes writes it into names (`rand.SafeEncodeString`). */
export const hashText = (hash: number): string =>
  [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');

/** kube-controller-manager's `ComputeHash`. Absent is another collision count than 0. */
export function templateHash(template: PodTemplateSpec, collisionCount?: number): string {
  const hash = fnv32a(goDump('v1.PodTemplateSpec', template));
  if (collisionCount === undefined) return hashText(hash);
  const count = Buffer.alloc(8);
  count.writeUInt32LE(collisionCount);
  return hashText(fnv32a(count, hash));
}

/** Equal but for the hash label, which the controller adds. */
export function sameTemplate(
  a: PodTemplateSpec | undefined,
  b: PodTemplateSpec | undefined,
): boolean {
  return deepEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [HASH_LABEL]: _, ...labels } = template?.metadata?.labels ?? {};
  const { creationTimestamp: _none, ...metadata } = template?.metadata ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}
