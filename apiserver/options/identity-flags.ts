/** Flags about whose word is taken for who asks: kube-apiserver's names and defaults. */
import { type Command, Option } from 'commander';
import { collected, keepingFlag, names } from './flag-values.ts';
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
    .option('--oidc-username-prefix <prefix>', 'put before user names; "-": nothing', text)
    .option('--oidc-groups-claim <name>', 'claim with the groups', text)
    .option('--oidc-groups-prefix <prefix>', 'put before groups', text)
    .option('--oidc-signing-algs <list>', 'of RS256, ES256, ES384, ES512 (default: RS256)', names)
    .option(
      '--oidc-required-claim <key=value>',
      'a claim that tokens must have; may be repeated',
      collected,
    );
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
    .addOption(
      keepingFlag(
        '--authentication-token-webhook-cache-ttl <duration>',
        "how long the webhook's answers hold",
        '2m',
      ),
    )
    .option(
      '--proxy-client-cert-file <file>',
      'certificate shown to extension servers; default: our own',
    )
    .option('--proxy-client-key-file <file>', "that certificate's key")
    .option(
      '--requestheader-client-ca-file <file>',
      'CA of front proxies, whose headers name users',
    )
    .option(
      '--requestheader-allowed-names <list>',
      'common names of front proxies; default: any',
      names,
      [],
    )
    .option(
      '--requestheader-username-headers <list>',
      'headers of front proxies with the user',
      names,
      [],
    )
    .option(
      '--requestheader-uid-headers <list>',
      'headers of front proxies with the uid',
      names,
      [],
    )
    .option(
      '--requestheader-group-headers <list>',
      'headers of front proxies with groups',
      names,
      [],
    )
    .option(
      '--requestheader-extra-headers-prefix <list>',
      'prefix of headers of front proxies with more',
      names,
      [],
    );
}
