import type { Disk } from '../../platform/files/disk.ts';
import type { CertificateAndKey } from '../../platform/crypto/x509.ts';

/** A fault of the files under the certificate folder that only the operator can mend. */
export class PkiError extends Error {
  override readonly name = 'PkiError';
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
};

function because(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

/** PEM files in one folder. Failures are {@link PkiError}s that name the file. */
export class PemFiles {
  readonly #disk: Disk;
  readonly #folder: string;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  path(file: string): string {
    return `${this.#folder}/${file}`;
  }

  async read(file: string): Promise<string | undefined> {
    try {
      const bytes = await this.#disk.read(this.path(file));
      return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
    } catch (error) {
      throw new PkiError(`cannot read ${this.path(file)}: ${because(error)}`, { cause: error });
    }
  }

  async write(file: string, text: string): Promise<void> {
    // Certificates are public; keys are their owner's alone.
    const mode = file.endsWith('.key') ? 0o600 : 0o644;
    try {
      await this.#disk.write(this.path(file), text, { mode });
    } catch (error) {
      throw new PkiError(`cannot write ${this.path(file)}: ${because(error)}`, { cause: error });
    }
  }

  /** `<name>.crt` and `<name>.key`; undefined unless both exist. */
  async readPair(name: string): Promise<CertificateAndKey | undefined> {
    const [certificate, privateKey] = await Promise.all([
      this.read(`${name}.crt`),
      this.read(`${name}.key`),
    ]);
    if (certificate === undefined || privateKey === undefined) return undefined;
    return { certificate, privateKey };
  }

  async writePair(name: string, pair: CertificateAndKey): Promise<void> {
    await Promise.all([
      this.write(`${name}.crt`, pair.certificate),
      this.write(`${name}.key`, pair.privateKey),
    ]);
  }

  /** What to tell the operator about a file that cannot be used. */
  unusable(file: string, why: unknown): PkiError {
    return new PkiError(
      `${this.path(file)} cannot be used: ${because(why)}; ` +
        `restore it, or remove ${this.#folder} to have new certificates made`,
      { cause: why },
    );
  }
}
