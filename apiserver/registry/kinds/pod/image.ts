/** The distribution project's grammar of image references. */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const HOST = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const ADDRESS = '\\[(?:[a-fA-F0-9:]+)\\]';
const domain = `(?:${HOST}(?:\\.${HOST})*|${ADDRESS})(?::[0-9]+)?`;
const TAG = '[\\w][\\w.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const reference = new RegExp(
  `^(?:${domain}/)?(?<path>${COMPONENT}(?:/${COMPONENT})*)(?::(?<tag>${TAG}))?(?<digest>@${DIGEST})?$`,
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
