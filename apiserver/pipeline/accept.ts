import { PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import { statusError } from '../../api/status.ts';

/** What a client wants an answer to look like, by its Accept header. */
export type Representation =
  | { readonly as: 'Object' }
  /** `list`: it was asked for as that of a collection. */
  | { readonly as: 'PartialObjectMetadata'; readonly list: boolean; readonly version: MetaVersion }
  | { readonly as: 'Table'; readonly version: MetaVersion };

/** Of meta.k8s.io. */
export type MetaVersion = 'v1' | 'v1beta1';

export interface Accepted {
  readonly representation: Representation;
  readonly mediaType: 'application/json' | 'application/yaml' | typeof PROTOBUF_MEDIA_TYPE;
}

/** What can be answered besides JSON. */
export interface Offer {
  /** The kind has a protobuf form. */
  readonly protobuf: boolean;
  /** A watch: YAML has no form of a stream. */
  readonly stream: boolean;
  /** It is no object of the resource: there is no Table of it, nor its metadata alone. */
  readonly asItIs?: boolean;
  /** Nothing of the kind is kept, so that there is no Table of it. */
  readonly noTable?: boolean;
}

const OBJECT: Representation = { as: 'Object' };
const JSON_OBJECT: Accepted = { representation: OBJECT, mediaType: 'application/json' };

/** Clients send few different headers, and each of them with every request. */
const MAX_REMEMBERED = 256;
const remembered = new Map<string, Accepted>();

/** Throws 406 if the client accepts nothing that is served. */
export function accepted(header: string | undefined, offer: Offer): Accepted {
  if (header === undefined || header === '' || header === 'application/json') return JSON_OBJECT;
  const { protobuf, stream, asItIs, noTable } = offer;
  const traits = [protobuf && 'p', stream && 's', asItIs && 'i', noTable && 't'];
  const key = `${traits.filter(Boolean).join('')} ${header}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const found = firstServed(header, (clause) => served(clause, offer), stream);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(key, found);
  return found;
}

/** What is made of the first clause of which anything is. Throws 406 where there is none. */
export function firstServed<Served>(
  header: string,
  serve: (clause: Clause) => Served | undefined,
  stream = false,
): Served {
  for (const clause of clausesOf(header)) {
    const made = serve(clause);
    if (made !== undefined) return made;
  }
  throw notAcceptable(stream);
}

/** Names all that is ever answered with, whether the kind has that form or not. */
function notAcceptable(stream: boolean): Error {
  const types = ['application/json', ...(stream ? [] : ['application/yaml']), PROTOBUF_MEDIA_TYPE];
  const shown = types.map((type) => (stream ? `${type};stream=watch` : type)).join(', ');
  return statusError('NotAcceptable', `only the following media types are accepted: ${shown}`);
}

export interface Clause {
  readonly mediaType: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Clauses by falling quality, in the client's order where that is equal. 0 is no refusal. */
function clausesOf(header: string): Clause[] {
  const clauses = header.split(',').map((text) => {
    const [mediaType = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = new Map<string, string>();
    for (const parameter of rest) {
      const equals = parameter.indexOf('=');
      if (equals > 0) parameters.set(parameter.slice(0, equals), parameter.slice(equals + 1));
    }
    return { mediaType: mediaType.toLowerCase(), parameters };
  });
  const quality = ({ parameters }: Clause): number => Number(parameters.get('q') ?? 1);
  return clauses.sort((a, b) => quality(b) - quality(a));
}

export const mediaTypes: Readonly<Record<string, Accepted['mediaType']>> = {
  'application/json': 'application/json',
  'application/*': 'application/json',
  '*/*': 'application/json',
  'application/yaml': 'application/yaml',
  [PROTOBUF_MEDIA_TYPE]: PROTOBUF_MEDIA_TYPE,
};

const FORM = ['as', 'g', 'v'];

export function served({ mediaType, parameters }: Clause, offer: Offer): Accepted | undefined {
  const type = mediaTypes[mediaType];
  if (type === undefined) return undefined;
  const as = parameters.get('as');
  if ((parameters.get('stream') || 'watch') !== 'watch') return undefined;
  // Metadata have a protobuf form whatever they belong to.
  const hasForm = offer.protobuf || as?.startsWith('PartialObjectMetadata') === true;
  if (type === PROTOBUF_MEDIA_TYPE && !hasForm) return undefined;
  if (type === 'application/yaml' && offer.stream) return undefined;
  // Who says of which group or version it is, but not what, gets nothing.
  const isWhole = !FORM.some((name) => parameters.has(name));
  if (isWhole) return { representation: OBJECT, mediaType: type };
  if (offer.asItIs) return undefined;
  const version = parameters.get('v');
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1'))
    return undefined;
  // Rows hold objects of any kind, for which protobuf has no place.
  if (as === 'Table' && (type === PROTOBUF_MEDIA_TYPE || offer.noTable)) return undefined;
  if (as === 'Table') return { representation: { as, version }, mediaType: type };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
    const list = as === 'PartialObjectMetadataList';
    return { representation: { as: 'PartialObjectMetadata', list, version }, mediaType: type };
  }
  return undefined;
}

/** True if the client takes gzip, by its Accept-Encoding header. "gzip;q=0" refuses it. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  return header.split(',').some((entry) => {
    const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim());
    return coding.toLowerCase() === 'gzip' && !parameters.some((p) => /^q=0(\.0*)?$/.test(p));
  });
}
