/** --discovery-srv: endpoints that DNS names. */
import type { Names } from '../platform/net/names.ts';
import { serviceUrls } from '../store/options/srv-records.ts';
import type { GlobalFlags } from './session.ts';

/**
 * The flags with the endpoints that were found; without any, those given. Endpoints without TLS
 * count only with --insecure-discovery; certificates must else be the domain's.
 */
export async function withDiscovery(
  flags: GlobalFlags,
  names: Names,
  warn: (line: string) => void,
): Promise<GlobalFlags> {
  const { discoverySrv: domain, discoverySrvName: suffix, insecureDiscovery } = flags;
  if (domain === undefined) return flags;
  const found = await serviceUrls('etcd-client', { domain, suffix }, names);
  const isTrusted = (url: string): boolean => insecureDiscovery || url.startsWith('https:');
  for (const url of found)
    if (!isTrusted(url)) warn(`ignoring discovered insecure endpoint ${JSON.stringify(url)}`);
  const endpoints = found.filter(isTrusted);
  return {
    ...flags,
    ...(endpoints.length > 0 && { endpoints }),
    ...(!insecureDiscovery && { serverName: domain }),
  };
}
