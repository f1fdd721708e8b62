import type { ConfigMap } from '../../api/types/core-v1.ts';
import { resourcePath } from '../../api/resource.ts';
import { configMaps } from '../../api/resources.ts';
import type { SelfClient } from './self-client.ts';

const NAME = 'extension-apiserver-authentication';
const at = { namespace: 'kube-system', name: NAME };

/** How this server knows its clients, for extension servers that are to know them alike. */
export interface ClientAuthentication {
  /** PEM bundles. */
  readonly clientCa: string;
  readonly frontProxy: {
    readonly ca: string;
    readonly allowedNames: readonly string[];
    readonly usernameHeaders: readonly string[];
    readonly uidHeaders: readonly string[];
    readonly groupHeaders: readonly string[];
    readonly extraPrefixes: readonly string[];
  };
}

function fields({ clientCa, frontProxy }: ClientAuthentication): Record<string, string> {
  const list = (names: readonly string[]): string => JSON.stringify(names);
  return {
    'client-ca-file': clientCa,
    'requestheader-allowed-names': list(frontProxy.allowedNames),
    'requestheader-client-ca-file': frontProxy.ca,
    'requestheader-extra-headers-prefix': list(frontProxy.extraPrefixes),
    'requestheader-group-headers': list(frontProxy.groupHeaders),
    'requestheader-uid-headers': list(frontProxy.uidHeaders),
    'requestheader-username-headers': list(frontProxy.usernameHeaders),
  };
}

/** Writes what differs; certificates of other servers of this cluster stay beside ours. */
export async function ensureClientAuthentication(
  client: SelfClient,
  authentication: ClientAuthentication,
): Promise<void> {
  const own = fields(authentication);
  for (;;) {
    const found = (await client.get(resourcePath(configMaps, at))) as ConfigMap | undefined;
    if (found === undefined) {
      const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME }, data: own };
      if (await client.create(resourcePath(configMaps, { namespace: at.namespace }), made)) return;
      continue;
    }
    const data = { ...own };
    for (const bundle of ['client-ca-file', 'requestheader-client-ca-file'])
      data[bundle] = joined(found.data?.[bundle] ?? '', own[bundle]!);
    const isSame = Object.entries(data).every(([key, value]) => found.data?.[key] === value);
    if (isSame) return;
    const changed = { ...found, data: { ...found.data, ...data } };
    if (await client.update(resourcePath(configMaps, at), changed)) return;
  }
}

function joined(before: string, own: string): string {
  if (before.includes(own.trim())) return before;
  return before === '' ? own : `${before.trimEnd()}\n${own}`;
}
