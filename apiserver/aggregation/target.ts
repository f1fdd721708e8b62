import type { APIService } from '../../api/types/apiregistration-v1.ts';
import type { Random } from '../../platform/random.ts';
import type { UpstreamRequest, UpstreamTls } from '../../platform/net/upstream.ts';
import { type ServiceLookup, serviceAddress } from '../webhook/service-address.ts';

/** Proves to extension servers that it is this server that names users. PEM. */
export type ProxyCertificate = () => Promise<{
  readonly certificate: string;
  readonly privateKey: string;
}>;

export interface TargetOptions {
  readonly lookup: ServiceLookup;
  readonly random: Random;
  readonly certificate: ProxyCertificate;
}

export type RemoteService = NonNullable<NonNullable<APIService['spec']>['service']>;
export interface Target {
  readonly origin: string;
  readonly address: NonNullable<UpstreamRequest['address']>;
  readonly tls: UpstreamTls & { readonly serverName: string };
}

/** Undefined for what this server serves by itself. */
export const remoteService = ({ spec }: APIService): RemoteService | undefined => spec?.service;

/** How the server behind an APIService is reached; throws NoAddress if none is ready. */
export async function targetOf(
  { spec = {} as NonNullable<APIService['spec']> }: APIService,
  { lookup, random, certificate }: TargetOptions,
): Promise<Target> {
  const { namespace = '', name = '', port = 443 } = spec.service ?? {};
  const [address, client] = await Promise.all([
    serviceAddress({ namespace, name, port }, lookup, random),
    certificate(),
  ]);
  const { caBundle = '', insecureSkipTLSVerify: insecureSkipVerify = false } = spec;
  const serverName = `${name}.${namespace}.svc`;
  const ca = caBundle === '' ? undefined : Buffer.from(caBundle, 'base64').toString('utf8');
  return {
    address,
    tls: { ...client, ca, serverName, insecureSkipVerify },
    origin: `https://${serverName}:${port}`,
  };
}
