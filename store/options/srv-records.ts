/** URLs that SRV records name, as etcd looks for them: those with TLS, then those without. */
import type { Names } from '../../platform/net/names.ts';

export interface Domain {
  readonly domain: string;
  /** Stands behind the service's name (--discovery-srv-name). */
  readonly suffix: string | undefined;
}

/** Rejects if there are records of neither kind. */
export async function serviceUrls(
  service: 'etcd-server' | 'etcd-client',
  { domain, suffix }: Domain,
  names: Names,
): Promise<string[]> {
  const ending = suffix === undefined ? '' : `-${suffix}`;
  const reasons: string[] = [];
  const urlsOf = async (scheme: string, name: string): Promise<string[]> => {
    try {
      const records = await names.services(`_${name}${ending}._tcp.${domain}`);
      return records.map(({ host, port }) => `${scheme}://${host}:${port}`);
    } catch (error) {
      reasons.push((error as Error).message);
      return [];
    }
  };
  const urls = await Promise.all([urlsOf('https', `${service}-ssl`), urlsOf('http', service)]);
  if (reasons.length === urls.length)
    throw new Error(`dns lookup errors: ${reasons.join(' and ')}`);
  return urls.flat();
}
