/**
 * Issue 5, drop-in: the four programs of `wherry assets` started as kwokctl's binary runtime starts
 * Kubernetes' (one certificate for serving, front proxies and tokens), and the walk
 * of kwok's documentation: a fake node, a Deployment that tolerates it, pods that run there. What
 * kwok's own controller would write, the statuses of node and pods, is written with kubectl.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { freePorts } from '../../platform/node/net/free-ports.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { clientCertificate, newCa } from '../support/https-server.ts';
import { Program, kubeconfigOf } from '../support/test-environment.ts';
import { eventually, run, succeed, temporaryFolder, tool, wherryMain } from './harness.ts';

const kubectl = tool('kubectl');
const HOUR_MS = 3_600_000;

const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: 'kwok-node-0',
    annotations: { 'node.alpha.kubernetes.io/ttl': '0', 'kwok.x-k8s.io/node': 'fake' },
    labels: { type: 'kwok', 'kubernetes.io/hostname': 'kwok-node-0', 'kubernetes.io/os': 'linux' },
  },
  spec: { taints: [{ key: 'kwok.x-k8s.io/node', value: 'fake', effect: 'NoSchedule' }] },
};

const capacity = { cpu: '32', memory: '256Gi', pods: '110' };
const ready = {
  allocatable: capacity,
  capacity,
  conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
  phase: 'Running',
};

const terms = [{ matchExpressions: [{ key: 'type', operator: 'In', values: ['kwok'] }] }];
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'fake-pod', namespace: 'default' },
  spec: {
    replicas: 10,
    selector: { matchLabels: { app: 'fake-pod' } },
    template: {
      metadata: { labels: { app: 'fake-pod' } },
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
          },
        },
        tolerations: [{ key: 'kwok.x-k8s.io/node', operator: 'Exists', effect: 'NoSchedule' }],
        containers: [{ name: 'fake-container', image: 'fake-image' }],
      },
    },
  },
};

describe.skipIf(kubectl === undefined)('kwokctl’s control plane', () => {
  const parts = new Lifecycle();
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let config: string;

  const ok = (args: readonly string[], input = ''): Promise<string> =>
    succeed(kubectl!, ['--kubeconfig', config, ...args], { env: { HOME: folder.path }, input });

  beforeAll(async () => {
    folder = await temporaryFolder();
    const assets = join(folder.path, 'bin');
    const pki = join(folder.path, 'pki');
    config = join(folder.path, 'kubeconfig.yaml');
    expect(await run(process.execPath, [wherryMain, 'assets', assets])).toMatchObject({ code: 0 });
    const [etcdPort, peerPort, apiPort, managerPort, schedulerPort] = await freePorts(
      '127.0.0.1',
      5,
    );
    const ca = newCa('kwok-ca');
    const now = Date.now();
    const own = realX509.issue(
      {
        subject: { commonName: 'kwok-admin', organizations: ['system:masters'] },
        validity: { notBeforeMs: now - HOUR_MS, notAfterMs: now + HOUR_MS },
        usage: 'server',
        names: { dnsNames: ['localhost', 'kubernetes'], ipAddresses: ['127.0.0.1'] },
      },
      ca,
    );
    await mkdir(pki);
    const files = { 'ca.crt': ca.certificate, 'admin.crt': own.certificate };
    for (const [name, text] of Object.entries(files)) await writeFile(join(pki, name), text);
    await writeFile(join(pki, 'admin.key'), own.privateKey);
    const server = `https://127.0.0.1:${apiPort}`;
    const start = (name: string, flags: string): Promise<Program> =>
      parts.start(() => new Program(join(assets, name), flags.trim().split(/\s+/)));
    await start(
      'etcd',
      `--name=node0 --initial-advertise-peer-urls=http://127.0.0.1:${peerPort}
       --listen-peer-urls=http://127.0.0.1:${peerPort}
       --advertise-client-urls=http://127.0.0.1:${etcdPort}
       --listen-client-urls=http://127.0.0.1:${etcdPort}
       --initial-cluster=node0=http://127.0.0.1:${peerPort} --auto-compaction-retention=1
       --quota-backend-bytes=8589934592 --data-dir=${join(folder.path, 'etcd')}`,
    );
    const api = await start(
      'kube-apiserver',
      `--etcd-prefix=/registry --allow-privileged=true --max-requests-inflight=5000
       --max-mutating-requests-inflight=5000 --etcd-servers=http://127.0.0.1:${etcdPort}
       --authorization-mode=Node,RBAC --bind-address=127.0.0.1 --secure-port=${apiPort}
       --tls-cert-file=${pki}/admin.crt --tls-private-key-file=${pki}/admin.key
       --client-ca-file=${pki}/ca.crt --service-account-key-file=${pki}/admin.key
       --service-account-signing-key-file=${pki}/admin.key
       --service-account-issuer=https://kubernetes.default.svc.cluster.local
       --proxy-client-key-file=${pki}/admin.key --proxy-client-cert-file=${pki}/admin.crt
       --cert-dir=${join(folder.path, 'certs')}`,
    );
    const admin = clientCertificate(ca, 'kwok-admin', ['system:masters']);
    const identity = { server, ca: ca.certificate, cert: admin.certificate, key: admin.privateKey };
    await writeFile(config, kubeconfigOf(identity));
    await eventually('the API server', async () => {
      if (api.ended) throw new Error(api.output);
      return (await ok(['get', '--raw', '/healthz'])) === 'ok';
    });
    const component = `--kubeconfig=${config} --bind-address=127.0.0.1
       --authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics`;
    await start(
      'kube-controller-manager',
      `${component} --secure-port=${managerPort} --root-ca-file=${pki}/ca.crt
       --service-account-private-key-file=${pki}/admin.key`,
    );
    await start('kube-scheduler', `${component} --secure-port=${schedulerPort}`);
  }, 120_000);
  afterAll(async () => {
    await parts.stop();
    await folder.remove();
  });

  it('schedules a Deployment to a fake node, and counts it available', async () => {
    await ok(['apply', '-f', '-'], JSON.stringify(node));
    const status = ['--subresource=status', '--type=merge', '-p'];
    await ok(['patch', 'node', 'kwok-node-0', ...status, JSON.stringify({ status: ready })]);
    await ok(['apply', '-f', '-'], JSON.stringify(deployment));
    const pods = await eventually('ten pods on the node', async () => {
      const path = '{range .items[*]}{.metadata.name} {.spec.nodeName}{"\\n"}{end}';
      const lines = (await ok(['get', 'pods', '-o', `jsonpath=${path}`])).trim().split('\n');
      const placed = lines.map((line) => line.split(' ')).filter(([, at]) => at === 'kwok-node-0');
      return placed.length === 10 ? placed.map(([name]) => name!) : undefined;
    });
    const conditions = ['Initialized', 'Ready', 'ContainersReady'].map((type) => ({
      ...{ type, status: 'True' },
    }));
    for (const name of pods)
      await ok([
        ...['patch', 'pod', name, ...status],
        JSON.stringify({ status: { phase: 'Running', podIP: '10.0.0.1', conditions } }),
      ]);
    await ok(['wait', '--for=condition=Available', 'deployment/fake-pod', '--timeout=60s']);
    expect(await ok(['get', 'deployment', 'fake-pod'])).toMatch(/fake-pod +10\/10 +10 +10/);
    await ok(['delete', 'deployment', 'fake-pod']);
    await eventually('the pods to be deleted', async () => {
      // As kwok ends a pod that has a deletionTimestamp.
      await ok(['delete', 'pods', '--all', '--force', '--grace-period=0']);
      return (await ok(['get', 'pods', '-o', 'name'])) === '';
    });
  }, 180_000);
});
