/** What a key management service may answer: the bounds of k8s.io/kms/apis/v2. */
import { dns1123Subdomain } from '../../../api/validation/names.ts';
import { type EncryptedKey, KEY_ITSELF, SEED } from './messages.ts';

const MOST_BYTES = { keyId: 1024, source: 1024, annotations: 32 * 1024 } as const;

const NOT_A_DOMAIN = 'should be a domain with at least two segments separated by dots';
const beyond = (most: number): string => `which exceeds the max size of ${most}`;

/** Why a key's name cannot be used, as metrics and logs have it. */
export function keyIdFault(
  keyId: string,
): { readonly code: 'empty' | 'too_long'; readonly text: string } | undefined {
  const length = Buffer.byteLength(keyId);
  if (length === 0) return { code: 'empty', text: 'keyID is empty' };
  if (length <= MOST_BYTES.keyId) return undefined;
  return { code: 'too_long', text: `keyID is ${length} bytes, ${beyond(MOST_BYTES.keyId)}` };
}

function sourceFault({ length }: Uint8Array): string | undefined {
  if (length === 0) return 'encrypted DEK source is empty';
  if (length <= MOST_BYTES.source) return undefined;
  return `encrypted DEK source is ${length} bytes, ${beyond(MOST_BYTES.source)}`;
}

function annotationsFault({ annotations }: EncryptedKey): string | undefined {
  let total = 0;
  for (const [key, value] of annotations) {
    if (!key.includes('.') || dns1123Subdomain(key).length > 0)
      return `annotations: Invalid value: ${JSON.stringify(key)}: ${NOT_A_DOMAIN}`;
    total += Buffer.byteLength(key) + value.length;
  }
  if (total <= MOST_BYTES.annotations) return undefined;
  return `total size of annotations is ${total}, ${beyond(MOST_BYTES.annotations)}`;
}

/** Throws for what must be neither stored nor used. */
export function checkKey(key: EncryptedKey, sourceType: number): void {
  if (sourceType !== KEY_ITSELF && sourceType !== SEED)
    throw new Error(`unknown encryptedDEKSourceType: ${sourceType}`);
  const refuse = (what: string, why: string | undefined): void => {
    if (why !== undefined) throw new Error(`failed to validate ${what}: ${why}`);
  };
  refuse('encrypted DEK source', sourceFault(key.ciphertext));
  refuse('key id', keyIdFault(key.keyId)?.text);
  refuse('annotations', annotationsFault(key));
}
