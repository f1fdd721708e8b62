import type { Pki } from '../apiserver/pki/pki.ts';
import type { HostedPods } from '../kubelet/server/hosted-pods.ts';
import { listenForNodes } from '../kubelet/server/listen.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics/metrics.ts';
import { realClock } from '../platform/node/clock.ts';
import { realRawDeflate } from '../platform/node/raw-deflate.ts';
import { sha1 } from '../platform/node/crypto/sha1.ts';
import { sniffingServer } from '../platform/node/net/sniffing-server.ts';
import { HOST } from './options.ts';

const agentNames = { dnsNames: ['localhost'], ipAddresses: [HOST] };

export interface NodeServing {
  readonly pki: Pki;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Answers for all nodes of a cluster in one process, on one port. */
export async function serveNodes(
  { pki, logger, metrics }: NodeServing,
  pods: HostedPods,
): Promise<Running & { readonly url: string }> {
  const subject = { commonName: 'wherry:hollow-nodes', organizations: ['system:nodes'] };
  const tls = async () => ({
    ...(await pki.agentServing('kubelet', subject, agentNames)),
    clientCa: pki.ca.certificate,
  });
  return listenForNodes(
    {
      clock: realClock,
      logger,
      deflate: realRawDeflate,
      sha1,
      metrics,
      listen: sniffingServer,
      host: HOST,
      port: 0,
      tls,
    },
    pods,
  );
}
