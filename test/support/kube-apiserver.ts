/**
 * A kube-apiserver of Kubernetes on an etcd, for what is to be compared with it. Needs etcd and
 * kube-apiserver on the PATH.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/disk.ts';
import { freePorts } from '../../platform/node/free-ports.ts';
import { temporaryFolder } from '../../platform/node/temporary-folder.ts';
import { realX509 } from '../../platform/node/x509.ts';
import { ensurePki, identities } from '../../apiserver/pki/pki.ts';
import { servingNames } from '../../apiserver/pki/serving-names.ts';
import { type AnyCall, warningsOf } from './kubernetes-answers.ts';

const ASK_AGAIN_MS = 100;
export const START_MS = 120_000;

/** False, loudly, where they are not installed. */
export function kubernetesIsThere(): boolean {
  return [runs('etcd'), runs('kube-apiserver')].every(Boolean);
}

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
type Stops = (() => Promise<void>)[];

function start(stops: Stops, program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  stops.unshift(() => {
    child.kill('SIGKILL');
    return exited;
  });
  return child;
}

function caller(
  stops: Stops,
  port: number,
  tls: { ca: string; cert: string; key: string },
): AnyCall {
  const agent = new Agent({ ...tls, keepAlive: true });
  stops.unshift(() => Promise.resolve(agent.destroy()));
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = request({ host: '127.0.0.1', port, path, method, agent, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => {
          const warnings = warningsOf(answer.headersDistinct['warning']?.join(', '));
          resolve({
            code: answer.statusCode!,
            body: text.startsWith('{') ? (JSON.parse(text) as object) : {},
            warnings,
          });
        });
      });
      sent.once('error', reject);
      sent.end(body && JSON.stringify(body));
    });
}

export interface Kubernetes {
  readonly call: AnyCall;
  stop(): Promise<void>;
}

/** Everyone who asks is an administrator. */
export async function startKubernetes(): Promise<Kubernetes> {
  const stops: Stops = [];
  const folder = await temporaryFolder('wherry-beside-');
  stops.unshift(() => folder.remove());
  const [port = 0, client = 0, peer = 0] = await freePorts('127.0.0.1', 3);
  const [store, member] = [client, peer].map((each) => `http://127.0.0.1:${each}`);
  start(stops, 'etcd', [
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
  const server = start(stops, 'kube-apiserver', [
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
    '--feature-gates=MutatingAdmissionPolicy=true',
    '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
  ]);
  const stop = async (): Promise<void> => {
    for (const each of stops) await each();
  };
  const ca = readFileSync(join(files, 'ca.crt'), 'utf8');
  const call = caller(stops, port, { ca, cert: admin.certificate, key: admin.privateKey });
  for (const until = performance.now() + START_MS; performance.now() < until;) {
    if (server.exitCode !== null) throw new Error(`kube-apiserver ended with ${server.exitCode}`);
    // The priority of every pod is looked up in a class that the server makes for itself.
    const wanted = ['/api/v1/namespaces/default', '/openapi/v3', classes];
    const answers = await Promise.all(wanted.map((path) => call('GET', path).catch(() => false)));
    if (answers.every((each) => typeof each === 'object' && each.code === 200))
      return { call, stop };
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
  throw new Error('kube-apiserver does not start');
}

const classes = '/apis/scheduling.k8s.io/v1/priorityclasses/system-cluster-critical';
