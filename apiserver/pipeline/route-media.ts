/**
 * What Kubernetes' router refuses before a handler looks at a request: media types that no route
 * of a built-in kind has. Custom resources have no routes; their handlers refuse in other words.
 */
import { PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import { statusError } from '../../api/status.ts';

const PRODUCED = ['application/json', 'application/yaml', PROTOBUF_MEDIA_TYPE];
const STREAMED = ['application/json;stream=watch', `${PROTOBUF_MEDIA_TYPE};stream=watch`];

const MAX_REMEMBERED = 256;
const fine = new Set<string>();

/** Throws 406 for a header that names no media type that is answered with; lists name streams. */
export function checkAcceptedType(header: string | undefined, watchable = false): void {
  if (header === undefined || header === '' || fine.has(header)) return;
  const named = header.split(',').map((clause) => clause.split(';')[0]!.trim());
  if (!named.some((type) => type === '*/*' || PRODUCED.includes(type))) {
    const types = watchable ? [...PRODUCED, ...STREAMED] : PRODUCED;
    const available = `Available representations: ${types.join(', ')}`;
    throw statusError('NotAcceptable', `406: Not Acceptable\n\n${available}`, {});
  }
  if (fine.size >= MAX_REMEMBERED) fine.clear();
  fine.add(header);
}

/** 415 for a patch. */
export function unroutedMediaType(): Error {
  return statusError('UnsupportedMediaType', '415: Unsupported Media Type', {});
}
