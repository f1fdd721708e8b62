/** The cluster's certificates and the kubeconfigs made with them. */
import { DEFAULT_ISSUER, type ServiceAccountTokens } from '../apiserver/identity.ts';
import { kubeconfig } from '../apiserver/pki/kubeconfig.ts';
import { ensurePki, identities, type Pki } from '../apiserver/pki/pki.ts';
import { servingNames } from '../apiserver/pki/serving-names.ts';
import { firstServiceAddress } from '../apiserver/registry/claim-ranges.ts';
import { sleep } from '../platform/clock.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { realTokenKeys } from '../platform/node/crypto/token-keys.ts';
import { realX509 } from '../platform/node/crypto/x509.ts';
import { HOST, SERVICE_CLUSTER_IP_RANGE } from './options.ts';
import type { SigningKey } from '../platform/crypto/token-keys.ts';
import type { ClusterPaths } from './paths.ts';

/** From the data directory, made where they are missing or about to expire. */
export function clusterPki(paths: ClusterPaths): Promise<Pki> {
  const names = servingNames(firstServiceAddress(SERVICE_CLUSTER_IP_RANGE), [HOST]);
  return ensurePki({ folder: paths.pki, disk: realDisk, clock: realClock, x509: realX509, names });
}

async function adminKubeconfig(pki: Pki, server: string): Promise<string> {
  const client = await pki.admin();
  return kubeconfig({ server, ca: pki.ca.certificate, user: identities.admin.commonName, client });
}

/** Tokens of service accounts, signed with the cluster's own key. */
export async function serviceAccountTokens(
  pki: Pki,
): Promise<ServiceAccountTokens & { readonly signingKey: SigningKey }> {
  const { privateKey } = await pki.serviceAccount();
  const signingKey = realTokenKeys.signing(privateKey);
  return { issuers: [DEFAULT_ISSUER], signingKey, keys: [signingKey] };
}

export interface ComponentIdentity {
  readonly name: string;
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

function componentIdentities(nodes: readonly string[]): ComponentIdentity[] {
  return [
    { name: 'controllers', ...identities.controllerManager },
    { name: 'scheduler', ...identities.scheduler },
    ...nodes.map((node) => ({ name: node, ...identities.node(node) })),
  ];
}

/** Writes one kubeconfig per component that runs as a process of its own. */
export async function writeComponentKubeconfigs(
  paths: ClusterPaths,
  pki: Pki,
  { server, nodes }: { readonly server: string; readonly nodes: readonly string[] },
): Promise<void> {
  for (const { name, ...subject } of componentIdentities(nodes)) {
    const client = await pki.client(name, subject);
    const text = kubeconfig({ server, ca: pki.ca.certificate, user: subject.commonName, client });
    await realDisk.write(paths.componentKubeconfig(name), text, { durable: false });
  }
}

/** Writes the admin's kubeconfig, with a certificate issued anew if need be. Returns its text. */
export async function writeAdmin(paths: ClusterPaths, pki: Pki, server: string): Promise<string> {
  const text = await adminKubeconfig(pki, server);
  await realDisk.write(paths.kubeconfig, text, { durable: false });
  return text;
}

const HOUR_MS = 3_600_000;

/** Writes kubeconfigs again and again: certificates about to expire are issued anew by that. */
export function keepKubeconfigs(write: () => Promise<unknown>, logger: Logger): Running {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    for (;;) {
      await sleep(realClock, HOUR_MS, signal);
      if (signal.aborted) return;
      await write().catch((error: unknown) => {
        logger.warn({ err: error }, 'kubeconfigs with renewed certificates cannot be written');
      });
    }
  };
  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
