import { type Accepted, type Clause, firstServed, mediaTypes, served } from '../pipeline/accept.ts';

/** How a discovery document is written. `list` is the form from before aggregation. */
export type DiscoveryForm = 'v2' | 'v2beta1' | 'list';

export interface AcceptedDiscovery {
  readonly form: DiscoveryForm;
  readonly mediaType: Accepted['mediaType'];
}

const OFFER = { protobuf: true, stream: false, asItIs: true };

/**
 * The first form of the Accept header that we have. kubectl 1.27 to 1.29 ask for v2beta1 only
 * and misread v2, so a form that was not asked for is never the answer. Throws 406 if none was.
 */
export function negotiateDiscovery(accept: string | undefined): AcceptedDiscovery {
  if (accept === undefined || accept === '') return { form: 'list', mediaType: 'application/json' };
  return firstServed(accept, (clause) => aggregated(clause) ?? list(clause));
}

/** For a document that has no other form. */
export function negotiateDocument(accept: string | undefined): Accepted['mediaType'] {
  if (accept === undefined || accept === '') return 'application/json';
  return firstServed(accept, list).mediaType;
}

function list(clause: Clause): AcceptedDiscovery | undefined {
  const plain = served(clause, OFFER);
  return plain && { form: 'list', mediaType: plain.mediaType };
}

function aggregated({ mediaType, parameters }: Clause): AcceptedDiscovery | undefined {
  const type = mediaTypes[mediaType];
  if (type === undefined || parameters.get('as') !== 'APIGroupDiscoveryList') return undefined;
  const form = parameters.get('v');
  if (parameters.get('g') !== 'apidiscovery.k8s.io') return undefined;
  return form === 'v2' || form === 'v2beta1' ? { form, mediaType: type } : undefined;
}

/** What the type of an answer in the form has besides. */
export function discoveryParameters(form: 'v2' | 'v2beta1'): string {
  return `;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`;
}
