/**
 * The tag of an image reference, "latest" when it names neither tag nor digest, "" when a digest
 * alone pins it (distribution/reference grammar: the registry's port is no tag).
 */
export function imageTag(image: string): string {
  const at = image.indexOf('@');
  const named = at < 0 ? image : image.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  if (colon >= 0) return named.slice(colon + 1);
  return at < 0 ? 'latest' : '';
}

/** What may change under the same name is pulled every time. */
export function defaultPullPolicy(image: string | undefined): string {
  return image && imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent';
}
