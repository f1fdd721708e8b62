import type { AlternativeNames } from '../../platform/crypto/x509.ts';

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** The names every cluster's API server goes by, and those of this one. */
export function servingNames(
  serviceAddress: string,
  extra: readonly string[] = [],
): AlternativeNames {
  const isAddress = (name: string): boolean => IPV4.test(name) || name.includes(':');
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const dnsNames = ['localhost', ...service, 'kubernetes.default.svc.cluster.local'];
  const ipAddresses = ['127.0.0.1', '::1', serviceAddress];
  return {
    dnsNames: [...new Set([...dnsNames, ...extra.filter((name) => !isAddress(name))])],
    ipAddresses: [...new Set([...ipAddresses, ...extra.filter(isAddress)])],
  };
}
