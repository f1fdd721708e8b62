import { KUBELET_URL_ANNOTATION } from '../../api/kubelet-url.ts';
import { statusError } from '../../api/status.ts';
import { contains, parseAddress, parseCidr } from '../../api/cidr.ts';
import type { Node } from '../../api/types/core-v1.ts';

const DEFAULT_PORT = 10_250;

/** kube-apiserver's --kubelet-preferred-address-types. */
export const DEFAULT_ADDRESS_TYPES: readonly string[] = [
  'Hostname',
  'InternalDNS',
  'InternalIP',
  'ExternalDNS',
  'ExternalIP',
];

function annotated(text: string): string | undefined {
  try {
    const url = new URL(text);
    return url.protocol === 'https:'
      ? `${url.origin}${url.pathname.replace(/\/$/, '')}`
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What is no host's: a cloud's metadata service among them, and whatever else a node that was taken
 * over would have this server ask. Unlike in Kubernetes, nodes may be on this machine.
 */
const nowhere = [
  ...['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32'],
  ...['::/128', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'],
].map((text) => parseCidr(text)!);

/**
 * Below this URL are the paths of the node's agent: where it says, or where Kubernetes looks. Fails
 * with BadRequest for an address that is no host's.
 */
export function agentUrl(node: Node, types: readonly string[]): string {
  const url = toldUrl(node, types);
  const { hostname } = new URL(url);
  const address = parseAddress(hostname.replace(/^\[|\]$/g, ''));
  if (address !== undefined && nowhere.some((range) => contains(range, address)))
    throw statusError('BadRequest', 'address not allowed');
  return url;
}

function toldUrl(node: Node, types: readonly string[]): string {
  const told = node.metadata.annotations?.[KUBELET_URL_ANNOTATION];
  const url = told === undefined ? undefined : annotated(told);
  if (url !== undefined) return url;
  const { addresses = [], daemonEndpoints } = node.status ?? {};
  for (const type of types) {
    const found = addresses.find((each) => each.type === type);
    if (found === undefined) continue;
    const host = found.address.includes(':') ? `[${found.address}]` : found.address;
    return `https://${host}:${daemonEndpoints?.kubeletEndpoint?.Port || DEFAULT_PORT}`;
  }
  throw statusError('InternalError', 'no preferred addresses found');
}
