/** How a discovery document is written. `list` is the form from before aggregation. */
export type DiscoveryForm = 'v2' | 'v2beta1' | 'list';

/**
 * The first form of the Accept header that we have. kubectl 1.27 to 1.29 ask for v2beta1 only
 * and misread v2, so a form that was not asked for is never the answer; undefined means that
 * none was.
 */
export function negotiateDiscovery(accept: string | undefined): DiscoveryForm | undefined {
  if (accept === undefined || accept.trim() === '') return 'list';
  for (const entry of accept.split(',')) {
    const [type = '', ...rest] = entry.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split('=', 2) as [string, string]));
    if (parameters.get('q') === '0') continue;
    if (type === '*/*' || type === 'application/*') return 'list';
    if (type !== 'application/json') continue;
    const as = parameters.get('as');
    if (as === undefined) return 'list';
    const version = parameters.get('v');
    const known = version === 'v2' || version === 'v2beta1';
    const group = parameters.get('g');
    if (known && as === 'APIGroupDiscoveryList' && group === 'apidiscovery.k8s.io') return version;
  }
  return undefined;
}

export function discoveryContentType(form: DiscoveryForm): string {
  if (form === 'list') return 'application/json';
  return `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`;
}
