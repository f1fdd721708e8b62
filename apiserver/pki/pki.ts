/**
 * The cluster's certificates: one CA made at the first start, and what it signs, kept as PEM
 * files under one folder with kubeadm's names.
 *
 *     ca.{crt,key}         signs everything; clients trust it, the server trusts its clients by it
 *     apiserver.{crt,key}  the serving certificate
 *     apiserver-kubelet-client.{crt,key}   by which node agents know the API server
 *     <client>.{crt,key}   one per identity: admin, controller-manager, scheduler, node-<name>
 *     sa.{key,pub}         signs service account tokens
 *
 * A leaf that is about to expire, lacks a name or was signed by another CA is issued anew. A CA
 * that signed itself gets a new certificate before the last leaf that it may sign could outlive
 * it; its key stays, since every client's trust hangs on that.
 */
import type { Clock } from '../../platform/clock.ts';
import type { Disk } from '../../platform/files/disk.ts';
import type {
  AlternativeNames,
  CertificateAndKey,
  KeyPair,
  LeafRequest,
  Subject,
  Validity,
  X509,
} from '../../platform/crypto/x509.ts';
import { PemFiles, PkiError } from './pem-files.ts';

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
const CA_DAYS = 3650;
const LEAF_DAYS = 365;
/** Leaves with less left are issued anew. */
const RENEW_DAYS = 30;
/** A CA with less left is renewed: whoever keeps its old certificate has a year to take the new. */
const CA_RENEW_DAYS = LEAF_DAYS + RENEW_DAYS;
/** Clocks of clients may be behind ours. */
const BACKDATE_MS = HOUR_MS;

/** kubeadm's identities of the parts of a control plane. */
export const identities = {
  admin: { commonName: 'kubernetes-admin', organizations: ['system:masters'] },
  controllerManager: { commonName: 'system:kube-controller-manager' },
  scheduler: { commonName: 'system:kube-scheduler' },
  /** The API server towards node agents. */
  kubeletClient: {
    commonName: 'kube-apiserver-kubelet-client',
    organizations: ['kubeadm:cluster-admins'],
  },
  /** A process that is several hollow nodes: no node's own identity covers the others. */
  hollowNodes: { commonName: 'wherry:hollow-nodes', organizations: ['wherry:hollow-nodes'] },
  node: (name: string) => ({ commonName: `system:node:${name}`, organizations: ['system:nodes'] }),
} as const;

export interface PkiOptions {
  readonly folder: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly x509: X509;
  /** Names and addresses the API server is reached by. */
  readonly names: AlternativeNames;
}

/** A leaf and the base name of its files. */
interface Leaf {
  readonly file: string;
  readonly subject: Subject;
  readonly usage: 'server' | 'client';
  readonly names?: AlternativeNames;
  readonly rsa?: boolean;
}

export class Pki {
  #ca: CertificateAndKey;
  #admin: Promise<CertificateAndKey> | undefined;
  readonly #options: PkiOptions;
  readonly #files: PemFiles;

  constructor(ca: CertificateAndKey, options: PkiOptions) {
    this.#ca = ca;
    this.#options = options;
    this.#files = new PemFiles(options.disk, options.folder);
  }

  /** Its certificate may be another after any leaf was asked for. */
  get ca(): CertificateAndKey {
    return this.#ca;
  }

  /** The serving certificate, from its files if they are still good. */
  serving(): Promise<CertificateAndKey> {
    const { names } = this.#options;
    const subject = { commonName: 'kube-apiserver' };
    return this.#ensure({ file: 'apiserver', subject, usage: 'server', names });
  }

  /** The certificate of one identity, from `<file>.crt` and `<file>.key` if they are still good. */
  client(file: string, subject: Subject): Promise<CertificateAndKey> {
    return this.#ensure({ file, subject, usage: 'client' });
  }

  /**
   * The administrator's, for kubeconfigs. Its key is RSA, as kubeadm's are: Java's fabric8 client
   * reads no other without a further library. A first one takes a while, so ask early.
   */
  admin(): Promise<CertificateAndKey> {
    const leaf = { file: 'admin', subject: identities.admin, usage: 'client', rsa: true } as const;
    // Whoever asks while the key is being made gets the same.
    return (this.#admin ??= this.#ensure(leaf).finally(() => (this.#admin = undefined)));
  }

  /** What the API server shows to node agents. */
  kubeletClient(): Promise<CertificateAndKey> {
    return this.client('apiserver-kubelet-client', identities.kubeletClient);
  }

  /** The serving certificate of a node's agent. */
  agentServing(
    file: string,
    subject: Subject,
    names: AlternativeNames,
  ): Promise<CertificateAndKey> {
    return this.#ensure({ file, subject, usage: 'server', names });
  }

  /** The key pair of service account tokens. */
  async serviceAccount(): Promise<KeyPair> {
    const [privateKey, publicKey] = await Promise.all([
      this.#files.read('sa.key'),
      this.#files.read('sa.pub'),
    ]);
    if (privateKey !== undefined && publicKey !== undefined) return { privateKey, publicKey };
    const missing = publicKey === undefined ? 'sa.pub' : 'sa.key';
    // A new pair would silently invalidate every token signed with the old one.
    if (privateKey !== publicKey) throw this.#files.unusable(missing, new Error('it is missing'));
    const pair = this.#options.x509.keyPair();
    await Promise.all([
      this.#files.write('sa.key', pair.privateKey),
      this.#files.write('sa.pub', pair.publicKey),
    ]);
    return pair;
  }

  async #ensure(leaf: Leaf): Promise<CertificateAndKey> {
    this.#ca = await inTime(this.#ca, this.#files, this.#options);
    const existing = await this.#files.readPair(leaf.file);
    if (existing !== undefined && this.#isGood(existing, leaf)) return existing;
    const { file, rsa, ...request } = leaf;
    const key = rsa === true && { privateKey: await this.#options.x509.rsaKey() };
    const issued = this.#issue({ ...request, ...key, validity: this.#validity() });
    await this.#files.writePair(file, issued);
    return issued;
  }

  #validity(): Validity {
    const now = this.#options.clock.now();
    return { notBeforeMs: now - BACKDATE_MS, notAfterMs: now + LEAF_DAYS * DAY_MS };
  }

  #issue(request: LeafRequest): CertificateAndKey {
    try {
      return this.#options.x509.issue(request, this.ca);
    } catch (error) {
      throw this.#files.unusable('ca.key', error);
    }
  }

  #isGood(pair: CertificateAndKey, leaf: Leaf): boolean {
    const { x509, clock } = this.#options;
    try {
      const { notBeforeMs, notAfterMs } = x509.inspect(pair.certificate);
      const now = clock.now();
      return (
        notBeforeMs <= now &&
        notAfterMs - now > RENEW_DAYS * DAY_MS &&
        x509.keyMatches(pair) &&
        x509.issuedBy(pair.certificate, this.ca.certificate) &&
        (leaf.names === undefined || x509.covers(pair.certificate, leaf.names))
      );
    } catch (error) {
      throw this.#files.unusable(`${leaf.file}.crt`, error);
    }
  }
}

const EXPIRED =
  'has expired, and only who signed it can renew it: put a newer one in its place, or move its ' +
  'folder away, and a start makes new ones (take the new kubeconfig; no data is lost)';

/** What is wrong with the CA by now, though it once was right. */
function outOfTime({ notBeforeMs, notAfterMs }: Validity, nowMs: number): string | undefined {
  if (notAfterMs <= nowMs) return EXPIRED;
  if (notBeforeMs <= nowMs) return undefined;
  const hours = Math.ceil((notBeforeMs - nowMs) / HOUR_MS);
  return (
    `is good only in ${hours} hours by this machine's clock, which is behind: set it right ` +
    'and start again (no data is lost)'
  );
}

/** The CA, renewed if it is about to end and may renew itself. */
async function inTime(
  ca: CertificateAndKey,
  files: PemFiles,
  { x509, clock }: PkiOptions,
): Promise<CertificateAndKey> {
  const facts = x509.inspect(ca.certificate);
  const now = clock.now();
  const isOwn = (): boolean => x509.issuedBy(ca.certificate, ca.certificate);
  if (facts.notAfterMs - now > CA_RENEW_DAYS * DAY_MS || facts.notBeforeMs > now || !isOwn()) {
    const late = outOfTime(facts, now);
    if (late !== undefined) throw new PkiError(`${files.path('ca.crt')} ${late}`);
    return ca;
  }
  // From when the old one was good: a clock that was ahead for a while does no harm.
  const validity = { notBeforeMs: facts.notBeforeMs, notAfterMs: now + CA_DAYS * DAY_MS };
  const certificate = x509.renewed(ca, validity);
  await files.write('ca.crt', certificate);
  return { certificate, privateKey: ca.privateKey };
}

function checkAuthority(ca: CertificateAndKey, files: PemFiles, { x509 }: PkiOptions): void {
  try {
    if (!x509.inspect(ca.certificate).isCa) throw new Error('it is not a CA certificate');
    if (!x509.keyMatches(ca)) throw new Error('ca.key does not belong to it');
  } catch (error) {
    throw files.unusable('ca.crt', error);
  }
}

/**
 * Opens the certificate folder, making the CA if there is none yet. Rejects with
 * {@link PkiError} on files that cannot be read, written or used.
 */
export async function ensurePki(options: PkiOptions): Promise<Pki> {
  const files = new PemFiles(options.disk, options.folder);
  // One after the other: where neither can be read, the same one is always named.
  const certificate = await files.read('ca.crt');
  const privateKey = await files.read('ca.key');
  if (certificate !== undefined && privateKey !== undefined) {
    const ca = { certificate, privateKey };
    checkAuthority(ca, files, options);
    return new Pki(await inTime(ca, files, options), options);
  }
  if (certificate !== privateKey) {
    const missing = certificate === undefined ? 'ca.crt' : 'ca.key';
    throw files.unusable(missing, new PkiError('it is missing'));
  }
  const now = options.clock.now();
  const validity = { notBeforeMs: now - BACKDATE_MS, notAfterMs: now + CA_DAYS * DAY_MS };
  const ca = options.x509.certificateAuthority({ commonName: 'kubernetes' }, validity);
  await files.writePair('ca', ca);
  return new Pki(ca, options);
}
