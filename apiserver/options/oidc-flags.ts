/** --oidc-*: one provider, as the configuration file would say it. */
import type { JwtSettings } from '../authn/jwt/settings.ts';
import { SIGNING_ALGORITHMS } from '../authn/jwt/token-verifier.ts';
import { validateSettings } from './authentication-config.ts';
import { refuseErrors } from './config-document.ts';
import { FlagError } from './flag-files.ts';

export interface OidcFlags {
  readonly oidcIssuerUrl?: string;
  readonly oidcClientId?: string;
  readonly oidcCaFile?: string;
  readonly oidcUsernameClaim?: string;
  readonly oidcUsernamePrefix?: string;
  readonly oidcGroupsClaim?: string;
  readonly oidcGroupsPrefix?: string;
  readonly oidcSigningAlgs?: readonly string[];
  readonly oidcRequiredClaim?: readonly string[];
}

export interface OidcProvider {
  readonly settings: JwtSettings;
  readonly algorithms: readonly string[];
}

const DEFAULT_ALGORITHMS = ['RS256'];

/** `disallowed`: issuers that are this server itself. */
export function oidcProvider(
  flags: OidcFlags,
  ca: string | undefined,
  disallowed: readonly string[],
): OidcProvider | undefined {
  const { oidcIssuerUrl: url, oidcClientId: client } = flags;
  const given = Object.entries(flags).some(
    ([name, value]) => name.startsWith('oidc') && value !== undefined,
  );
  if (!given) return undefined;
  if (!url || !client)
    throw new FlagError(
      'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set',
    );
  const algorithms = flags.oidcSigningAlgs ?? DEFAULT_ALGORITHMS;
  const unknown = algorithms.find((name) => !SIGNING_ALGORITHMS.includes(name));
  if (unknown !== undefined)
    throw new FlagError(`oidc: unsupported signing alg: ${JSON.stringify(unknown)}`);
  const claim = flags.oidcUsernameClaim ?? 'sub';
  const settings: JwtSettings = {
    issuer: {
      url,
      audiences: [client],
      ...(ca === undefined ? {} : { certificateAuthority: ca }),
    },
    claimMappings: {
      username: { claim, prefix: usernamePrefix(flags, claim) },
      ...(flags.oidcGroupsClaim
        ? { groups: { claim: flags.oidcGroupsClaim, prefix: flags.oidcGroupsPrefix ?? '' } }
        : {}),
    },
    claimValidationRules: (flags.oidcRequiredClaim ?? []).map(requiredClaim),
  };
  refuseErrors(validateSettings(settings, 'jwt[0]', disallowed));
  return { settings, algorithms };
}

/** Names of other issuers must not be taken for each other's; "-" says that they may. */
function usernamePrefix({ oidcUsernamePrefix: prefix, oidcIssuerUrl }: OidcFlags, claim: string) {
  if (prefix === '-') return '';
  if (prefix === undefined || prefix === '') return claim === 'email' ? '' : `${oidcIssuerUrl}#`;
  return prefix;
}

function requiredClaim(pair: string): { claim: string; requiredValue: string } {
  const at = pair.indexOf('=');
  if (at < 1) throw new FlagError(`--oidc-required-claim: ${pair} must be formatted as key=value`);
  return { claim: pair.slice(0, at), requiredValue: pair.slice(at + 1) };
}
