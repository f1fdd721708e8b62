/** The distribution project's grammar of image references. */
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const host = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const address = '\\[(?:[a-fA-F0-9:]+)\\]';
const domain = `(?:${host}(?:\\.${host})*|${address})(?::[0-9]+)?`;
const tag = '[\\w][\\w.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const reference = new RegExp(
  `^(?:${domain}/)?(?<path>${component}(?:/${component})*)(?::(?<tag>${tag}))?(?<digest>@${digest})?$`,
);
const MAX_PATH = 255;
/** Nothing longer is matched. */
const MAX_LENGTH = 1024;

/**
 * The tag of an image reference, "latest" when it names neither tag nor digest, "" when a digest
 * alone pins it, and for what is no reference at all.
 */
function imageTag(image: string): string {
  const found = image.length > MAX_LENGTH ? undefined : reference.exec(image)?.groups;
  if (found === undefined || found['path']!.length > MAX_PATH) return '';
  return found['tag'] ?? (found['digest'] === undefined ? 'latest' : '');
}

/** What may change under the same name is pulled every time. */
export function defaultPullPolicy(image: string | undefined): string {
  return image && imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent';
}
