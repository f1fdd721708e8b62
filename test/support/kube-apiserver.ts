/**
 * A kube-apiserver with an etcd of its own, for tests that ask Kubernetes itself. Both programs
 * are looked for on the PATH.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { freePorts } from '../../platform/node/net/free-ports.ts';
import { temporaryFolder } from '../../platform/node/files/temporary-folder.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { ensurePki, identities } from '../../apiserver/pki/pki.ts';
import { servingNames } from '../../apiserver/pki/serving-names.ts';
import { tool } from '../e2e/harness.ts';
import { withoutControllers } from './admission.ts';
import { type AnyCall, warningsOf } from './kubernetes-answers.ts';

const ASK_AGAIN_MS = 100;
export const START_MS = 120_000;
/** The priority of every pod is looked up in a class that the server makes for itself. */
const classes = '/apis/scheduling.k8s.io/v1/priorityclasses/system-cluster-critical';

/** Both programs are there; if not, that is said loudly. */
export function hasKubeApiserver(): boolean {
  return ['etcd', 'kube-apiserver'].map(tool).every((path) => path !== undefined);
}

export interface KubeRequest {
  readonly body?: unknown;
  readonly type?: string;
}

export interface KubeAnswer {
  readonly code: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

export interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

export interface WireAnswer {
  readonly code: number;
  readonly headers: Readonly<NodeJS.Dict<string[]>>;
  readonly text: string;
}

/** One request as a program of the name "test" would send it. */
export function exchange(at: RequestOptions, sent: WireRequest): Promise<WireAnswer> {
  // Node.js frames no body of a DELETE by itself.
  const length = sent.body && { 'content-length': Buffer.byteLength(sent.body) };
  const headers = { 'user-agent': 'test', ...sent.headers, ...length };
  return new Promise((resolve, reject) => {
    const asked = request({ ...at, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () =>
        resolve({ code: answer.statusCode!, headers: answer.headersDistinct, text }),
      );
    });
    asked.once('error', reject);
    asked.end(sent.body);
  });
}

export class KubeApiserver {
  /** What has started, the latest first. */
  readonly #stops: (() => Promise<void>)[] = [];
  #port = 0;
  #agent = new Agent();

  /** Of its etcd. */
  storeUrl = '';

  /** `more`: flags of this server alone. */
  static async start(more: readonly string[] = []): Promise<KubeApiserver> {
    const server = new KubeApiserver();
    await server.#start(more);
    return server;
  }

  /** As system:masters; a body that is no text goes as JSON. */
  async call(method: string, path: string, sent: KubeRequest = {}): Promise<KubeAnswer> {
    const { body, type = 'application/json' } = sent;
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { 'content-type': type };
    const answer = await this.exchange(method, path, { headers, body: text });
    // A path that it does not know is answered with plain text.
    const { text: said } = answer;
    const parsed: unknown = said.startsWith('{') ? JSON.parse(said) : { message: said };
    const warnings = warningsOf(answer.headers['warning']?.join(', '));
    return { code: answer.code, body: parsed as KubeAnswer['body'], warnings };
  }

  /** What is said on the wire. */
  exchange(method: string, path: string, sent: WireRequest): Promise<WireAnswer> {
    const at = { host: '127.0.0.1', port: this.#port, path, method, agent: this.#agent };
    return exchange(at, sent);
  }

  /** The same for cases that any server plays. */
  readonly ask: AnyCall = (method, path, body) => this.call(method, path, { body });

  async stop(): Promise<void> {
    for (const stop of this.#stops) await stop();
  }

  #run(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(program, args, { stdio: 'ignore' });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#stops.unshift(() => {
      child.kill('SIGKILL');
      return exited;
    });
    return child;
  }

  async #start(more: readonly string[]): Promise<void> {
    const folder = await temporaryFolder('wherry-beside-');
    this.#stops.unshift(() => folder.remove());
    const [port = 0, client = 0, peer = 0] = await freePorts('127.0.0.1', 3);
    this.#port = port;
    const [store, member] = [client, peer].map((each) => `http://127.0.0.1:${each}`);
    this.storeUrl = store!;
    this.#run('etcd', [
      ...['--name', 'one', '--data-dir', join(folder.path, 'etcd'), '--initial-cluster'],
      ...[`one=${member}`, '--initial-advertise-peer-urls', member!],
      ...['--listen-peer-urls', member!],
      ...['--listen-client-urls', store!, '--advertise-client-urls', store!],
    ]);
    const files = join(folder.path, 'pki');
    const about = { folder: files, disk: realDisk, clock: realClock, x509: realX509 };
    const pki = await ensurePki({ ...about, names: servingNames('10.96.0.1') });
    const admin = await pki.client('admin', identities.admin);
    await pki.serving();
    await pki.serviceAccount();
    const server = this.#run('kube-apiserver', [
      ...[`--etcd-servers=${store}`, `--secure-port=${port}`, '--bind-address=127.0.0.1'],
      ...['--service-cluster-ip-range=10.96.0.0/16', '--authorization-mode=Node,RBAC'],
      '--allow-privileged=true',
      // Without the controllers that make accounts, tell that nodes are ready and free volumes.
      `--disable-admission-plugins=${withoutControllers.disable.join(',')}`,
      `--client-ca-file=${join(files, 'ca.crt')}`,
      `--tls-cert-file=${join(files, 'apiserver.crt')}`,
      `--tls-private-key-file=${join(files, 'apiserver.key')}`,
      `--service-account-key-file=${join(files, 'sa.pub')}`,
      `--service-account-signing-key-file=${join(files, 'sa.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      '--feature-gates=MutatingAdmissionPolicy=true',
      '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
      ...more,
    ]);
    const ca = readFileSync(join(files, 'ca.crt'), 'utf8');
    const agent = new Agent({
      ...{ ca, cert: admin.certificate, key: admin.privateKey },
      keepAlive: true,
    });
    this.#agent = agent;
    this.#stops.unshift(() => Promise.resolve(agent.destroy()));
    await this.#ready(server);
  }

  async #ready(server: ChildProcess): Promise<void> {
    for (const until = performance.now() + START_MS; performance.now() < until;) {
      if (server.exitCode !== null) throw new Error(`kube-apiserver ended: ${server.exitCode}`);
      const wanted = ['/api/v1/namespaces/default', '/openapi/v3', classes];
      const asked = wanted.map((path) => this.call('GET', path).catch(() => undefined));
      if ((await Promise.all(asked)).every((answer) => answer?.code === 200)) return;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
    throw new Error('kube-apiserver does not start');
  }
}
