/**
 * Keys as Kubernetes lays them out: /registry/<prefix>/<namespace>/<name>, or
 * /registry/<prefix>/<name> for a cluster-scoped resource.
 */
export const REGISTRY_PREFIX = '/registry/';

/** "/registry/pods/": what the keys of a resource start with. */
export function collectionPrefix(storagePrefix: string): string {
  return `${REGISTRY_PREFIX}${storagePrefix}/`;
}

/** A key is a byte string (store/kv.ts): one unit per byte of the text's UTF-8. */
function byteString(text: string): string {
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text).toString('latin1');
}

/** What follows the collection's prefix. An empty name: the start of a namespace's objects. */
export function objectSuffix(namespace: string, name: string): string {
  return byteString(namespace === '' ? name : `${namespace}/${name}`);
}

/**
 * What {@link objectSuffix} made of an object, from its key. Joined anew: V8 compares slices of
 * other texts, as a tree does at each look, in its slow runtime.
 */
export function suffixOfKey(key: string, prefix: string): string {
  return key.charAt(prefix.length) + key.slice(prefix.length + 1);
}

/** The namespace in a suffix; "" for a cluster-scoped object. */
export function namespaceOfSuffix(suffix: string): string {
  const slash = suffix.indexOf('/');
  return slash < 0 ? '' : suffix.slice(0, slash);
}
