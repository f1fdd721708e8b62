import { KUBELET_URL_ANNOTATION } from '../../api/kubelet-url.ts';
import { statusError } from '../../api/status.ts';
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

/** Below this URL are the paths of the node's agent: where it says, or where Kubernetes looks. */
export function agentUrl(node: Node, types: readonly string[]): string {
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
