/**
 * What Kubernetes' router refuses before a handler looks at a request: media types that no route
 * of a built-in kind has. Custom resources have no routes; their handlers refuse in other words.
 */
import { PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import { statusError } from '../../api/status.ts';
import { accepted } from './accept.ts';

const PRODUCED = ['application/json', 'application/yaml', PROTOBUF_MEDIA_TYPE];
const STREAMED = ['application/json;stream=watch', `${PROTOBUF_MEDIA_TYPE};stream=watch`];

const MAX_REMEMBERED = 256;
const fine = new Set<string>();

/** Throws 406 for a header that names no media type that is answered with; lists name streams. */
export function checkAcceptedType(header: string | undefined, watchable = false): void {
  if (header === undefined || header === '' || fine.has(header)) return;
  checkOneOf(PRODUCED, header, watchable ? STREAMED : []);
  if (fine.size >= MAX_REMEMBERED) fine.clear();
  fine.add(header);
}

/**
 * The same for a text that another server answers. It is named among what there is, but an
 * Accept that names nothing else is refused for what failures are told in, as in Kubernetes.
 */
export function checkTextAccepted(header: string | undefined): void {
  if (header === undefined || header === '') return;
  checkOneOf(['text/plain', ...PRODUCED], header);
  accepted(header, { protobuf: true, stream: false, noTable: true });
}

/** The same for a route that has JSON alone. */
export function checkJsonAccepted(header: string | undefined): void {
  if (header !== undefined && header !== '') checkOneOf(['application/json'], header);
}

function checkOneOf(produced: readonly string[], header: string, streams: readonly string[] = []) {
  const named = header.split(',').map((clause) => clause.split(';')[0]!.trim());
  if (named.some((type) => type === '*/*' || produced.includes(type))) return;
  const available = `Available representations: ${[...produced, ...streams].join(', ')}`;
  throw statusError('NotAcceptable', `406: Not Acceptable\n\n${available}`, {});
}

/** 415 for a patch. */
export function unroutedMediaType(): Error {
  return statusError('UnsupportedMediaType', '415: Unsupported Media Type', {});
}
