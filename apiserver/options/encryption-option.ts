import type { Lifecycle } from '../../platform/lifecycle.ts';
import type { AccessFlags } from './access-flags.ts';
import type { AccessFiles } from './access-options.ts';
import { Encryption, type EncryptionOptions } from '../encryption/encryption.ts';
import { FlagError, type FlagFiles } from './flag-files.ts';

interface EncryptionParts {
  readonly files: FlagFiles;
  readonly parts: Lifecycle;
  readonly effects: Omit<EncryptionOptions, 'read' | 'reload'>;
}

/** What --encryption-provider-config says, at work. Its services have been asked once. */
export async function startEncryption(
  flags: AccessFlags,
  { encryption: text }: AccessFiles,
  { files, parts, effects }: EncryptionParts,
): Promise<Encryption | undefined> {
  const { encryptionProviderConfig: path, encryptionProviderConfigAutomaticReload: reload } = flags;
  if (path === undefined || text === undefined) {
    if (!reload) return undefined;
    throw new FlagError(
      '--encryption-provider-config-automatic-reload must be set with --encryption-provider-config',
    );
  }
  const read = (): Promise<string> => files.read('encryption-provider-config', path);
  try {
    const encryption = await parts.start(() => new Encryption(text, { ...effects, read, reload }));
    await encryption.start();
    return encryption;
  } catch (error) {
    throw new FlagError(`--encryption-provider-config: ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
