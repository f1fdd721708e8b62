import type { Disk } from '../../platform/files/disk.ts';
import type { CertificateAndKey } from '../../platform/crypto/x509.ts';
import type { CredentialPrograms } from '../webhook/kubeconfig-target.ts';

/** A flag whose value, or whose file, cannot be used. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

interface FlagFile {
  readonly flag: string;
  readonly path: string | undefined;
}

/** The files that flags name, as texts. */
export class FlagFiles {
  readonly #disk: Disk;
  /** For kubeconfigs that name programs. */
  readonly runs: CredentialPrograms | undefined;

  constructor(disk: Disk, runs?: CredentialPrograms) {
    this.#disk = disk;
    this.runs = runs;
  }

  async read(flag: string, path: string): Promise<string> {
    const fail = (why: string, cause?: unknown): never => {
      throw new FlagError(`--${flag}: ${why}`, { cause });
    };
    const bytes = await this.#disk
      .read(path)
      .catch((error: Error) => fail(`cannot read ${path}: ${error.message}`, error));
    if (bytes === undefined) return fail(`${path} does not exist`);
    return Buffer.from(bytes).toString('utf8');
  }

  async optional(flag: string, path: string | undefined): Promise<string | undefined> {
    return path === undefined ? undefined : this.read(flag, path);
  }

  /**
   * A certificate and its private key, of two flags without their dashes. Rejects with a FlagError
   * if there is only one of them.
   */
  async keyPair(
    certificate: FlagFile,
    privateKey: FlagFile,
  ): Promise<CertificateAndKey | undefined> {
    const [first, second] = await Promise.all(
      [certificate, privateKey].map(({ flag, path }) => this.optional(flag, path)),
    );
    if ((first === undefined) !== (second === undefined))
      throw new FlagError(`--${certificate.flag} and --${privateKey.flag} belong together`);
    return first === undefined ? undefined : { certificate: first, privateKey: second! };
  }

  /** What `parse` makes of the file; its errors name flag and file. */
  async parsed<T>(flag: string, path: string, parse: (text: string) => T): Promise<T> {
    return parsedText({ flag, path }, await this.read(flag, path), parse);
  }
}

/** Throws a {@link FlagError} that names flag and file. */
export function parsedText<T>(
  { flag, path }: { readonly flag: string; readonly path: string },
  text: string,
  parse: (text: string) => T,
): T {
  try {
    return parse(text);
  } catch (error) {
    throw new FlagError(`--${flag}: ${path}: ${(error as Error).message}`, { cause: error });
  }
}
