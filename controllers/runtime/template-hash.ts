/** The pod-template-hash label: which ReplicaSet belongs to which version of the template. */
import { deepEqual } from '../../api/deep.ts';
import { sortKeys } from '../../api/go-json.ts';
import type { PodTemplateSpec } from '../../api/types/core-v1.ts';
import { fnv32a } from '../../platform/fnv.ts';
import { jsonText } from '../../platform/json-text.ts';

export const HASH_LABEL = 'pod-template-hash';

/** No vowels and no digits that look like them: a hash is never a word. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * The same for equal templates in every process and version of Wherry. It need not be, and is
 * not, the value kube-controller-manager computes from Go's memory layout: whoever takes over a
 * Deployment finds its ReplicaSet by comparing templates, not by this hash.
 */
export function templateHash(template: PodTemplateSpec, collisionCount = 0): string {
  let hash = fnv32a(jsonText(sortKeys(template)));
  if (collisionCount > 0) hash = fnv32a(String(collisionCount), hash);
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
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
