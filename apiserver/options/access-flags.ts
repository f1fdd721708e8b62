/** Flags of `wherry apiserver` about who may do what: kube-apiserver's names and defaults. */
import { type Command, InvalidArgumentError } from 'commander';
import { type AuthorizationMode, authorizationModes, DEFAULT_MODES } from '../authz/modes.ts';
import { addAuditFlags, type AuditFlags } from './audit-flags.ts';
import { type AccessWebhookFlags, addAccessWebhookFlags } from './access-webhook-flags.ts';
import { boolean, collected, durationMs } from './flag-values.ts';
import { addIdentityFlags, type IdentityFlags } from './identity-flags.ts';
import { DEFAULT_ISSUER } from '../identity.ts';

export interface AccessFlags extends IdentityFlags, AccessWebhookFlags, AuditFlags {
  readonly clientCaFile?: string;
  readonly tokenAuthFile?: string;
  /** Default true. */
  readonly anonymousAuth?: boolean;
  readonly enableBootstrapTokenAuth: boolean;
  /** Default Node and RBAC. */
  readonly authorizationMode?: readonly AuthorizationMode[];
  readonly serviceAccountIssuer?: readonly string[];
  readonly serviceAccountKeyFile?: readonly string[];
  readonly serviceAccountSigningKeyFile?: string;
  readonly serviceAccountJwksUri?: string;
  /** Milliseconds. */
  readonly serviceAccountMaxTokenExpiration?: number;
  readonly serviceAccountExtendTokenExpiration: boolean;
  readonly apiAudiences?: readonly string[];
  readonly encryptionProviderConfig?: string;
  readonly encryptionProviderConfigAutomaticReload: boolean;
}

function modes(text: string): readonly AuthorizationMode[] {
  const listed = text.split(',');
  for (const name of listed) {
    if (!authorizationModes.some((mode) => mode === name))
      throw new InvalidArgumentError(`"${name}" is not a valid mode.`);
    if (listed.indexOf(name) !== listed.lastIndexOf(name))
      throw new InvalidArgumentError(`"${name}" is specified more than once.`);
  }
  return listed as AuthorizationMode[];
}

function onlyTrue(text: string): boolean {
  if (boolean(text)) return true;
  throw new InvalidArgumentError('can only be true here.');
}

export function addAccessFlags(command: Command): Command {
  return addIdentityFlags(addAuditFlags(addAccessWebhookFlags(command)))
    .option('--client-ca-file <file>', 'CA of client certificates; default: our own')
    .option('--token-auth-file <file>', 'CSV of token,user,uid,"group1,group2"')
    .option(
      '--anonymous-auth [bool]',
      'answer requests without credentials (default: true)',
      boolean,
    )
    .option(
      '--enable-bootstrap-token-auth [bool]',
      'let new nodes in by bootstrap tokens',
      boolean,
      false,
    )
    .option(
      '--authorization-mode <list>',
      `who decides what users may do, of ${authorizationModes.join(', ')} ` +
        `(default: ${DEFAULT_MODES.join(',')})`,
      modes,
    )
    .option(
      '--service-account-issuer <url>',
      `who issues tokens; may be repeated, the first issues (default: ${DEFAULT_ISSUER})`,
      collected,
    )
    .option(
      '--service-account-key-file <file>',
      'keys that tokens are checked with; may be repeated (default: the signing key)',
      collected,
    )
    .option('--service-account-signing-key-file <file>', 'key that signs tokens; default: our own')
    .option('--service-account-jwks-uri <url>', 'where the keys are published')
    .option(
      '--service-account-max-token-expiration <duration>',
      'longest life of a token',
      durationMs,
    )
    .option(
      '--service-account-extend-token-expiration [bool]',
      'tokens of clients that never renew last a year',
      boolean,
      true,
    )
    .option(
      '--service-account-lookup [bool]',
      'check that accounts of tokens exist',
      onlyTrue,
      true,
    )
    .option('--encryption-provider-config <file>', 'what is encrypted in the store, and how')
    .option(
      '--encryption-provider-config-automatic-reload [bool]',
      'take the file over whenever it changes',
      boolean,
      false,
    )
    .option('--api-audiences <list>', 'whom tokens for the API name (default: issuers)', collected);
}
