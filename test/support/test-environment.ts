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
import { freePorts } from '../../platform/node/net/free-ports.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import type { CertificateAndKey } from '../../platform/crypto/x509.ts';
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
export class Program {
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

interface Place {
  /** Where `wherry assets` wrote the programs. */
  readonly assets: string;
  readonly folder: string;
}

/** A store as envtest starts its etcd; its URL. */
export async function startTestStore(parts: Lifecycle, { assets, folder }: Place): Promise<string> {
  const [port] = await freePorts('127.0.0.1', 1);
  const url = `http://127.0.0.1:${port}`;
  const args = {
    'listen-peer-urls': 'http://localhost:0',
    'advertise-client-urls': url,
    'listen-client-urls': url,
    'data-dir': join(folder, 'etcd'),
    'unsafe-no-fsync': 'true',
  };
  await parts.start(() => new Program(join(assets, 'etcd'), flagsOf(args)));
  return url;
}

const flagsOf = (args: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(args).flatMap(([flag, value]) =>
    value === undefined ? [] : `--${flag}=${value}`,
  );

/** The files that envtest writes, once per folder. */
async function writeCertificates(certDir: string, servingCa: CertificateAndKey): Promise<void> {
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
  await mkdir(certDir, { recursive: true });
  const files: Record<string, string> = {
    'apiserver.crt': serving.certificate,
    'apiserver.key': serving.privateKey,
    'sa-signer.crt': signer.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'sa-signer.key': signer.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(certDir, name), text);
}

/** Resolves once it is healthy. `more`: flags beside envtest's, or undefined in their place. */
export async function startTestApi(
  parts: Lifecycle,
  {
    assets,
    folder,
    store,
    more = {},
  }: Place & {
    readonly store: string;
    readonly more?: Readonly<Record<string, string | undefined>>;
  },
): Promise<TestEnvironment> {
  const [port] = await freePorts('127.0.0.1', 1);
  const server = `https://127.0.0.1:${port}`;
  const [servingCa, clientCa] = [newCa('envtest'), newCa('clients')];
  const certDir = join(folder, `certs-${port}`);
  await writeCertificates(certDir, servingCa);
  const clientCaFile = join(certDir, 'client-cert-auth-ca.crt');
  await writeFile(clientCaFile, clientCa.certificate);
  const args = {
    'advertise-address': '127.0.0.1',
    'allow-privileged': 'true',
    'authorization-mode': 'RBAC',
    'bind-address': '127.0.0.1',
    'cert-dir': certDir,
    'client-ca-file': clientCaFile,
    'disable-admission-plugins': 'ServiceAccount',
    'etcd-servers': store,
    'insecure-port': '0',
    'secure-port': String(port),
    'service-account-issuer': `${server}/`,
    'service-account-key-file': join(certDir, 'sa-signer.crt'),
    'service-account-signing-key-file': join(certDir, 'sa-signer.key'),
    'service-cluster-ip-range': '10.0.0.0/24',
    ...more,
  };
  const program = await parts.start(
    () => new Program(join(assets, 'kube-apiserver'), flagsOf(args)),
  );
  const deadline = Date.now() + READY_MS;
  while (!(await healthy(server, servingCa.certificate))) {
    if (program.ended || Date.now() > deadline) throw new Error(`no API server: ${program.output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const admin = clientCertificate(clientCa, 'admin', ['system:masters']);
  return { server, ca: servingCa.certificate, cert: admin.certificate, key: admin.privateKey };
}

export async function startTestEnvironment(
  parts: Lifecycle,
  place: Place,
): Promise<TestEnvironment> {
  const store = await startTestStore(parts, place);
  return startTestApi(parts, { ...place, store });
}

/** For kubectl. */
export function kubeconfigOf({ server, ca, cert, key }: TestEnvironment): string {
  const data = (text: string): string => Buffer.from(text).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': data(ca) } }],
    users: [
      {
        name: 'admin',
        user: { 'client-certificate-data': data(cert), 'client-key-data': data(key) },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  });
}
