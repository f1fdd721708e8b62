/** Flags about whose word is taken for who asks: kube-apiserver's names and defaults. */
import { type Command, Option } from 'commander';
import { collected, durationMs, names } from './flag-values.ts';
import type { OidcFlags } from './oidc-flags.ts';

export interface IdentityFlags extends OidcFlags {
  readonly authenticationConfig?: string;
  readonly authenticationTokenWebhookConfigFile?: string;
  readonly authenticationTokenWebhookVersion: 'v1' | 'v1beta1';
  /** Milliseconds. */
  readonly authenticationTokenWebhookCacheTtl: number;
  readonly proxyClientCertFile?: string;
  readonly proxyClientKeyFile?: string;
  readonly requestheaderClientCaFile?: string;
  readonly requestheaderAllowedNames: readonly string[];
  readonly requestheaderUsernameHeaders: readonly string[];
  readonly requestheaderUidHeaders: readonly string[];
  readonly requestheaderGroupHeaders: readonly string[];
  readonly requestheaderExtraHeadersPrefix: readonly string[];
}

const text = (value: string): string => value;

function addOidcFlags(command: Command): Command {
  return command
    .option('--oidc-issuer-url <url>', 'https URL of an OpenID Connect provider', text)
    .option('--oidc-client-id <id>', 'whom its tokens are for', text)
    .option('--oidc-ca-file <file>', "CA of the provider; default: the host's")
    .option('--oidc-username-claim <name>', 'claim with the user name (default: sub)', text)
    .option('--oidc-username-prefix <prefix>', 'before user names; "-" is none', text)
    .option('--oidc-groups-claim <name>', 'claim with the groups', text)
    .option('--oidc-groups-prefix <prefix>', 'before groups', text)
    .option('--oidc-signing-algs <list>', 'of RS256, ES256, ES384, ES512 (default: RS256)', names)
    .option('--oidc-required-claim <key=value>', 'must be in tokens; may be repeated', collected);
}

export function addIdentityFlags(command: Command): Command {
  return addOidcFlags(command)
    .option('--authentication-config <file>', 'token issuers, and who may be anonymous')
    .option('--authentication-token-webhook-config-file <file>', 'kubeconfig of who knows tokens')
    .addOption(
      new Option('--authentication-token-webhook-version <version>', 'of the TokenReview sent')
        .choices(['v1', 'v1beta1'])
        .default('v1beta1'),
    )
    .option(
      '--authentication-token-webhook-cache-ttl <duration>',
      'how long its answers hold',
      durationMs,
      120_000,
    )
    .option('--proxy-client-cert-file <file>', 'shown to extension servers; default: our own')
    .option('--proxy-client-key-file <file>', 'its key')
    .option(
      '--requestheader-client-ca-file <file>',
      'CA of front proxies, whose headers name users',
    )
    .option('--requestheader-allowed-names <list>', 'their common names; default: any', names, [])
    .option('--requestheader-username-headers <list>', 'headers with the user', names, [])
    .option('--requestheader-uid-headers <list>', 'headers with the uid', names, [])
    .option('--requestheader-group-headers <list>', 'headers with groups', names, [])
    .option('--requestheader-extra-headers-prefix <list>', 'of headers with more', names, []);
}
