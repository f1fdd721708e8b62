/** What a webhook adds to a create: beside none, a validating one, and one that patches. */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { type HttpClient, openHttp } from '../http-load.ts';
import { closedLoop } from '../load.ts';
import { durationMs, rows, runs, say } from '../suite.ts';
import type { BenchCluster } from '../wherry.ts';

const HOUR_MS = 3_600_000;
const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const namespaces = ['none', 'validating', 'mutating'] as const;

const patch = Buffer.from(
  JSON.stringify([{ op: 'add', path: '/metadata/labels', value: { seen: 'yes' } }]),
).toString('base64');

/** Answers with as little work as it can: it shares the machine with what is measured. */
async function startHooks(): Promise<{ server: Server; url: string; caBundle: string }> {
  const validity = { notBeforeMs: Date.now() - HOUR_MS, notAfterMs: Date.now() + HOUR_MS };
  const ca = realX509.certificateAuthority({ commonName: 'bench' }, validity);
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const leaf = realX509.issue(
    { subject: { commonName: 'hooks' }, validity, usage: 'server', names },
    ca,
  );
  const tls = { cert: leaf.certificate, key: leaf.privateKey };
  const server = createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const uid = /"uid":"([^"]+)"/.exec(Buffer.concat(chunks).toString())![1];
      const mutates = request.url!.startsWith('/mutating');
      const more = mutates ? { patchType: 'JSONPatch', patch } : {};
      const review = { uid, allowed: true, ...more };
      const head = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
      response.end(JSON.stringify({ ...head, response: review }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const caBundle = Buffer.from(ca.certificate).toString('base64');
  return { server, url: `https://127.0.0.1:${port}`, caBundle };
}

async function register(admin: HttpClient, url: string, caBundle: string): Promise<void> {
  for (const sort of ['validating', 'mutating'] as const) {
    const webhook = {
      name: `${sort}.example.com`,
      ...{ admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail' },
      clientConfig: { url: `${url}/${sort}`, caBundle },
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': sort } },
      rules: [
        {
          ...{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
          operations: ['CREATE'],
        },
      ],
    };
    const body = JSON.stringify({ metadata: { name: sort }, webhooks: [webhook] });
    await admin.request('POST', `${REGISTRATION}/${sort}webhookconfigurations`, body);
  }
}

export async function benchWebhooks(cluster: BenchCluster): Promise<void> {
  const { server, url, caBundle } = await startHooks();
  const admin = await openHttp(cluster.kubeconfig);
  for (const name of namespaces)
    await admin.request('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name } }));
  await register(admin, url, caBundle);
  // Until the server knows of both.
  await new Promise((resolve) => setTimeout(resolve, 500));
  let made = 0;
  const medians = namespaces.map(() => [] as number[]);
  const costs = namespaces.map(() => [] as number[]);
  for (let run = -1; run < runs; run++)
    for (const [i, namespace] of namespaces.entries()) {
      if (run < 0) say(`create with webhook: ${namespace}`);
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const body = (): string => JSON.stringify({ metadata: { name: `w-${made++}` } });
      const call = (): Promise<number> => admin.request('POST', path, body());
      const before = { made, seconds: cluster.cpuSeconds() };
      const { p50Ms } = await closedLoop({ clients: 1, durationMs, call });
      if (run < 0) continue;
      medians[i]!.push(p50Ms);
      costs[i]!.push(((cluster.cpuSeconds() - before.seconds) * 1e6) / (made - before.made));
    }
  admin.close();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  for (const [i, namespace] of namespaces.entries()) {
    const with_ = namespace === 'none' ? 'no webhook' : `one ${namespace} webhook`;
    rows.push({ work: `create a ConfigMap, ${with_}, p50`, unit: 'ms', ours: medians[i]! });
    rows.push({ work: 'the same, CPU of the cluster per create', unit: 'µs', ours: costs[i]! });
  }
}
