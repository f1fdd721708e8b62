/**
 * The list of wrong manifests, sent to a kube-apiserver that runs beside: what is asserted of our
 * own server is what Kubernetes says. Needs etcd and kube-apiserver on the PATH.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realClock } from '../../../platform/node/clock.ts';
import { realDisk } from '../../../platform/node/disk.ts';
import { freePorts } from '../../../platform/node/free-ports.ts';
import { temporaryFolder } from '../../../platform/node/temporary-folder.ts';
import { realX509 } from '../../../platform/node/x509.ts';
import { collectionOf, refusals } from '../../../test/support/manifests.ts';
import { ensurePki, identities } from '../../pki/pki.ts';
import { servingNames } from '../../pki/serving-names.ts';
import { kinds } from './index.ts';

const ASK_AGAIN_MS = 100;
const START_MS = 120_000;

function runs(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    console.warn(`SKIPPED: ${program} is not installed, so no message was compared with it`);
    return false;
  }
}

/** What has started, the latest first. */
const stops: (() => Promise<void>)[] = [];

function start(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  stops.unshift(() => {
    child.kill('SIGKILL');
    return exited;
  });
  return child;
}

type Call = (method: string, path: string, body?: object) => Promise<{ message?: string }>;

function caller(port: number, tls: { ca: string; cert: string; key: string }): Call {
  const agent = new Agent({ ...tls, keepAlive: true });
  stops.unshift(() => Promise.resolve(agent.destroy()));
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = request({ host: '127.0.0.1', port, path, method, agent, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => {
          if (text.startsWith('{')) resolve(JSON.parse(text) as { message?: string });
          else reject(new Error(text));
        });
      });
      sent.once('error', reject);
      sent.end(body && JSON.stringify(body));
    });
}

async function startKubernetes(): Promise<Call> {
  const folder = await temporaryFolder('wherry-beside-');
  stops.unshift(() => folder.remove());
  const [port = 0, client = 0, peer = 0] = await freePorts('127.0.0.1', 3);
  const [store, member] = [client, peer].map((each) => `http://127.0.0.1:${each}`);
  start('etcd', [
    ...['--name', 'one', '--data-dir', join(folder.path, 'etcd'), '--initial-cluster'],
    ...[`one=${member}`, '--initial-advertise-peer-urls', member!, '--listen-peer-urls', member!],
    ...['--listen-client-urls', store!, '--advertise-client-urls', store!],
  ]);
  const files = join(folder.path, 'pki');
  const about = { folder: files, disk: realDisk, clock: realClock, x509: realX509 };
  const pki = await ensurePki({ ...about, names: servingNames('10.96.0.1') });
  const admin = await pki.client('admin', identities.admin);
  await pki.serving();
  await pki.serviceAccount();
  const server = start('kube-apiserver', [
    ...[`--etcd-servers=${store}`, `--secure-port=${port}`, '--bind-address=127.0.0.1'],
    ...['--service-cluster-ip-range=10.96.0.0/16', '--authorization-mode=RBAC'],
    // Pods are judged without the account that a controller would have made.
    '--disable-admission-plugins=ServiceAccount',
    `--client-ca-file=${join(files, 'ca.crt')}`,
    `--tls-cert-file=${join(files, 'apiserver.crt')}`,
    `--tls-private-key-file=${join(files, 'apiserver.key')}`,
    `--service-account-key-file=${join(files, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(files, 'sa.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
  ]);
  const ca = readFileSync(join(files, 'ca.crt'), 'utf8');
  const call = caller(port, { ca, cert: admin.certificate, key: admin.privateKey });
  for (const until = performance.now() + START_MS; performance.now() < until;) {
    if (server.exitCode !== null) throw new Error(`kube-apiserver ended with ${server.exitCode}`);
    // The priority of every pod is looked up in a class that the server makes for itself.
    const wanted = ['/api/v1/namespaces/default', '/openapi/v3', classes];
    const answers = await Promise.all(wanted.map((path) => call('GET', path).catch(() => false)));
    if (answers.every((each) => typeof each === 'object' && !('code' in each))) return call;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
  throw new Error('kube-apiserver does not start');
}

const classes = '/apis/scheduling.k8s.io/v1/priorityclasses/system-cluster-critical';

describe.skipIf(![runs('etcd'), runs('kube-apiserver')].every(Boolean))('kube-apiserver', () => {
  let call: Call;

  beforeAll(async () => {
    call = await startKubernetes();
  }, START_MS * 2);
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  test.each(refusals.map((each) => [each.title, each] as const))('%s', async (_title, refusal) => {
    const { manifest, message } = refusal;
    const answer = await call('POST', `${collectionOf(kinds, manifest)}?dryRun=All`, manifest);
    expect(answer.message).toBe(message);
  });
});
