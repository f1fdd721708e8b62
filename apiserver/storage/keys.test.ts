import { expect, test } from 'vitest';
import { collectionPrefix, objectSuffix, suffixOfKey } from './keys.ts';

test.each([
  ['pods', 'default', 'web'],
  ['namespaces', '', 'a'],
  ['services/specs', 'kube-system', 'kube-dns'],
  ['widgets.example.org', 'default', 'käse'],
])('a key of %s gives back the suffix of %s/%s', (storagePrefix, namespace, name) => {
  const prefix = collectionPrefix(storagePrefix);
  const suffix = objectSuffix(namespace, name);
  expect(suffixOfKey(prefix + suffix, prefix)).toBe(suffix);
  expect(suffixOfKey(prefix, prefix)).toBe('');
});
