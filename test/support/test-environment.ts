/**
 * A control plane as controller-runtime's envtest starts one, for programs in other languages: the
 * programs `etcd` and `kube-apiserver` of a folder (KUBEBUILDER_ASSETS), with envtest's flags.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { freePorts } from '../../platform/node/free-ports.ts';
import { realX509 } from '../../platform/node/x509.ts';
import { clientCertificate, newCa } from './https-server.ts';

const HOUR_MS = 3_600_000;
const READY_MS = 60_000;

export interface TestEnvironment {
  readonly server: string;
  /** PEM texts: the server's CA, and an administrator. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What the processes have written, to be shown if they do not start. */
class Program {
  readonly #child: ChildProcess;
  output = '';

  constructor(path: string, args: readonly string[]) {
    this.#child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await exited;
  }
}

function healthy(server: string, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    request(`${server}/healthz`, { ca }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', () => resolve(false))
      .end();
  });
}

export async function startTestEnvironment(
  parts: Lifecycle,
  { assets, folder }: { readonly assets: string; readonly folder: string },
): Promise<TestEnvironment> {
  const [storePort, port] = await freePorts('127.0.0.1', 2);
  const [servingCa, clientCa] = [newCa('envtest'), newCa('clients')];
  const now = Date.now();
  const serving = realX509.issue(
    {
      subject: { commonName: 'localhost' },
      validity: { notBeforeMs: now - HOUR_MS, notAfterMs: now + HOUR_MS },
      usage: 'server',
      names: { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] },
    },
    servingCa,
  );
  const signer = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const certDir = join(folder, 'certs');
  await mkdir(certDir, { recursive: true });
  const files: Record<string, string> = {
    'apiserver.crt': serving.certificate,
    'apiserver.key': serving.privateKey,
    'client-cert-auth-ca.crt': clientCa.certificate,
    'sa-signer.crt': signer.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'sa-signer.key': signer.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(certDir, name), text);
  const store = `http://127.0.0.1:${storePort}`;
  const server = `https://127.0.0.1:${port}`;
  const start = (name: string, args: Record<string, string>): Promise<Program> => {
    const flags = Object.entries(args).map(([flag, value]) => `--${flag}=${value}`);
    return parts.start(() => new Program(join(assets, name), flags));
  };
  const etcd = await start('etcd', {
    'listen-peer-urls': 'http://localhost:0',
    'advertise-client-urls': store,
    'listen-client-urls': store,
    'data-dir': join(folder, 'etcd'),
    'unsafe-no-fsync': 'true',
  });
  const apiserver = await start('kube-apiserver', {
    'advertise-address': '127.0.0.1',
    'allow-privileged': 'true',
    'authorization-mode': 'RBAC',
    'bind-address': '127.0.0.1',
    'cert-dir': certDir,
    'client-ca-file': join(certDir, 'client-cert-auth-ca.crt'),
    'disable-admission-plugins': 'ServiceAccount',
    'etcd-servers': store,
    'insecure-port': '0',
    'secure-port': String(port),
    'service-account-issuer': `${server}/`,
    'service-account-key-file': join(certDir, 'sa-signer.crt'),
    'service-account-signing-key-file': join(certDir, 'sa-signer.key'),
    'service-cluster-ip-range': '10.0.0.0/24',
  });
  const deadline = Date.now() + READY_MS;
  while (!(await healthy(server, servingCa.certificate))) {
    if (etcd.ended || apiserver.ended || Date.now() > deadline)
      throw new Error(`no control plane: ${etcd.output}\n${apiserver.output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const admin = clientCertificate(clientCa, 'admin', ['system:masters']);
  return { server, ca: servingCa.certificate, cert: admin.certificate, key: admin.privateKey };
}
