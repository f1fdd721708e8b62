/** Members that talk to each other over TLS, with certificates as openssl makes them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, succeed, tool } from './harness.ts';
import { missing, put, StoreCluster } from './store-cluster.ts';

const etcdctl = tool('etcdctl');
const openssl = tool('openssl');

/** A CA, and certificates of it for both sides of a connection. */
class Authority {
  readonly #folder: string;
  readonly name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.name = name;
  }

  file(name: string): string {
    return join(this.#folder, `${this.name}-${name}`);
  }

  async make(): Promise<void> {
    await succeed(openssl!, [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${this.name}`],
      ...['-keyout', this.file('ca.key'), '-out', this.file('ca.pem')],
    ]);
  }

  /** Flags of a member whose certificate has this common name. */
  async issue(commonName: string): Promise<string[]> {
    const [certificate, key] = await this.certificate(commonName, 'serverAuth,clientAuth');
    return [
      ...['--peer-cert-file', certificate, '--peer-key-file', key],
      ...['--peer-trusted-ca-file', this.file('ca.pem'), '--peer-client-cert-auth'],
    ];
  }

  /** Files of a certificate and its key. */
  async certificate(commonName: string, usage: string): Promise<[string, string]> {
    const [key, request, certificate, extensions] = ['key', 'csr', 'pem', 'ext'].map((kind) =>
      this.file(`${commonName}.${kind}`),
    );
    await writeFile(extensions!, `subjectAltName=IP:127.0.0.1\nextendedKeyUsage=${usage}\n`);
    await succeed(openssl!, [
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-subj', `/CN=${commonName}`, '-keyout', key!, '-out', request!],
    ]);
    await succeed(openssl!, [
      ...['x509', '-req', '-in', request!, '-out', certificate!, '-days', '2'],
      ...['-CA', this.file('ca.pem'), '-CAkey', this.file('ca.key'), '-CAcreateserial'],
      ...['-extfile', extensions!],
    ]);
    return [certificate!, key!];
  }
}

describe.skipIf(etcdctl === undefined || openssl === undefined)('members over TLS', () => {
  let cluster: StoreCluster;
  let authority: Authority;

  beforeEach(async () => {
    cluster = await StoreCluster.plan(['a', 'b', 'c'], 'https');
    authority = new Authority(cluster.folder.path, 'ours');
    await authority.make();
  });
  afterEach(() => cluster.stop());

  it('that show certificates of one CA form a cluster, and survive each other', async () => {
    const flags = await authority.issue('member');
    await cluster.start(cluster.members, flags);
    const kv = cluster.connect();
    await put(kv, 'x');
    const leader = await cluster.leader(etcdctl!);
    await leader.end('SIGKILL');
    await put(kv, 'y');
    leader.start(cluster.initialCluster(), 'new', flags);
    await leader.ready();
    await cluster.level(etcdctl!);
    expect(await missing(kv, ['x', 'y'])).toEqual([]);
    await kv.close();
  }, 60_000);

  it('do not take one with a certificate of another CA, or a name that is not allowed', async () => {
    const other = new Authority(cluster.folder.path, 'theirs');
    await other.make();
    const [a, b, c] = cluster.members;
    const allowed = [...(await authority.issue('member')), '--peer-cert-allowed-cn', 'member'];
    for (const member of [a!, b!]) member.start(cluster.initialCluster(), 'new', allowed);
    await Promise.all([a!.ready(), b!.ready()]);
    const kv = cluster.connect([a!, b!]);
    const strangers = [await other.issue('member'), await authority.issue('stranger')];
    for (const flags of strangers) {
      c!.start(cluster.initialCluster(), 'new', flags);
      await put(kv, 'x');
      await eventually('it to find no leader', async () => c!.output.includes('no leader yet'));
      expect(c!.output).not.toContain('ready to serve');
      await c!.end('SIGKILL');
    }
    c!.start(cluster.initialCluster(), 'new', allowed);
    await c!.ready();
    await cluster.level(etcdctl!);
    await kv.close();
  }, 60_000);

  it('show another certificate to those they call, if there is one for that', async () => {
    const served = await authority.certificate('server', 'serverAuth');
    const shown = await authority.certificate('client', 'clientAuth');
    const flags = ['--peer-cert-file', served[0], '--peer-key-file', served[1]];
    flags.push('--peer-trusted-ca-file', authority.file('ca.pem'), '--peer-client-cert-auth');
    const caller = ['--peer-client-cert-file', shown[0], '--peer-client-key-file', shown[1]];
    for (const member of cluster.members)
      member.start(
        cluster.initialCluster(),
        'new',
        member.name === 'a' ? flags : [...flags, ...caller],
      );
    const [a, ...others] = cluster.members;
    await Promise.all(others.map((member) => member.ready()));
    await eventually('one with a server certificate alone to be refused', async () =>
      others.some(({ output }) => output.includes('rejected connection on peer endpoint')),
    );
    expect(a!.output).not.toContain('ready to serve');
    await a!.end('SIGKILL');
    a!.start(cluster.initialCluster(), 'new', [...flags, ...caller]);
    await a!.ready();
    await cluster.level(etcdctl!);
  }, 60_000);

  it('need no certificates of their own with --peer-auto-tls, and keep what they made', async () => {
    await cluster.start(cluster.members, ['--peer-auto-tls']);
    const kv = cluster.connect();
    await put(kv, 'x');
    await Promise.all(cluster.members.map((member) => member.end('SIGTERM')));
    await cluster.start(cluster.members, ['--peer-auto-tls']);
    await put(kv, 'y');
    await cluster.level(etcdctl!);
    await kv.close();
  }, 60_000);
});
