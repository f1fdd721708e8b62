/** Real effects for the server of a node agent that is a process of its own. */
import type { Logger } from '../platform/logger.ts';
import type { TlsMaterial } from '../platform/net/http-server.ts';
import type { Metrics } from '../platform/metrics/metrics.ts';
import { ownCertificate } from '../platform/crypto/own-certificate.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { realRawDeflate } from '../platform/node/raw-deflate.ts';
import { sha1 } from '../platform/node/crypto/sha1.ts';
import { sniffingServer } from '../platform/node/net/sniffing-server.ts';
import { realX509 } from '../platform/node/crypto/x509.ts';
import type { KubeletFlags } from './flags.ts';
import { KubeletOptionsError, type StartNodeServer } from './kubelet.ts';
import { listenForNodes } from './server/listen.ts';

/**
 * Undefined, and said in the log, if nothing tells which CA's certificates to let in. `clusterCa`
 * is the kubeconfig's.
 */
export async function agentServer(
  flags: KubeletFlags,
  clusterCa: Uint8Array | string | undefined,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): Promise<StartNodeServer | undefined> {
  const { address, port, nodeAddress: advertisedHost = address } = flags;
  const trusted = async (): Promise<string | undefined> =>
    (await given('client-ca-file', flags.clientCaFile)) ?? textOf(clusterCa);
  if ((await trusted()) === undefined) {
    logger.warn({}, 'no CA to know the API server by: logs, exec and port-forward are not served');
    return undefined;
  }
  await givenCertificate(flags);
  const own = selfSigned([address, advertisedHost]);
  const tls = async () => ({
    ...((await givenCertificate(flags)) ?? (await own())),
    clientCa: (await trusted())!,
  });
  const effects = { clock: realClock, logger, deflate: realRawDeflate, sha1, metrics };
  return (pods) =>
    listenForNodes(
      {
        ...effects,
        listen: sniffingServer,
        host: address,
        port,
        advertisedHost,
        tls,
      },
      pods,
    );
}

const textOf = (bytes: Uint8Array | string | undefined): string | undefined =>
  bytes === undefined || typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString();

async function given(flag: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return textOf(await realDisk.read(path));
  } catch (error) {
    throw new KubeletOptionsError(`--${flag}: ${(error as Error).message}`);
  }
}

async function givenCertificate(flags: KubeletFlags): Promise<TlsMaterial | undefined> {
  const certificate = await given('tls-cert-file', flags.tlsCertFile);
  const privateKey = await given('tls-private-key-file', flags.tlsPrivateKeyFile);
  if ((certificate === undefined) !== (privateKey === undefined))
    throw new KubeletOptionsError('--tls-cert-file and --tls-private-key-file belong together');
  if (certificate === undefined || privateKey === undefined) return undefined;
  return { certificate, privateKey };
}

/** As a kubelet does that is given none: API servers do not check it unless told a CA. */
function selfSigned(hosts: readonly string[]): () => Promise<TlsMaterial> {
  const isAddress = (host: string): boolean => host.includes(':') || /^[\d.]+$/.test(host);
  const names = {
    dnsNames: ['localhost', ...hosts.filter((host) => !isAddress(host))],
    ipAddresses: [...new Set(hosts.filter(isAddress))],
  };
  return ownCertificate({ clock: realClock, x509: realX509, commonName: 'wherry-kubelet', names });
}
