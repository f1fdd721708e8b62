/**
 * Others whose word counts: issuers of tokens, front proxies, webhooks. From what the flags name
 * to authenticators and authorizers; files are read before anything is made.
 */
import { Held } from '../../platform/held.ts';
import type { CertificateAndKey } from '../../platform/crypto/x509.ts';
import type { AccessFlags } from './access-flags.ts';
import { parseAuthenticationConfiguration } from './authentication-config.ts';
import {
  type AuthorizerSettings,
  parseAuthorizationConfiguration,
} from './authorization-config.ts';
import type { Authenticator } from '../authn/authenticator.ts';
import { type IssuerEffects, JwtTokens } from '../authn/jwt/jwt-tokens.ts';
import { ProviderKeys } from '../authn/jwt/provider-keys.ts';
import type { AuthenticationConfiguration, JwtSettings } from '../authn/jwt/settings.ts';
import { requestHeader } from '../authn/request-header.ts';
import type { TokenAuthenticator } from '../authn/token-authenticator.ts';
import { WebhookTokens } from '../authn/webhook-token.ts';
import { AbacAuthorizer, parseAbacPolicies } from '../authz/abac.ts';
import { type AuthorizationStep, DEFAULT_MODES } from '../authz/modes.ts';
import { WebhookAuthorizer } from '../authz/webhook.ts';
import { FlagError, type FlagFiles, parsedText } from './flag-files.ts';
import { DEFAULT_ISSUER, type TokenSorts } from '../identity.ts';
import { oidcProvider } from './oidc-flags.ts';
import type { KubeconfigTarget } from '../webhook/kubeconfig-target.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import { ReviewClient } from '../webhook/review-client.ts';

export interface OutsideIssuer {
  readonly settings: JwtSettings;
  readonly algorithms?: readonly string[];
  /** Default: asked for when a token first needs them. */
  readonly keys?: ProviderKeys;
}

export interface OutsideAuthorizer {
  readonly settings: AuthorizerSettings;
  readonly target?: KubeconfigTarget;
}

export interface OutsideFiles {
  /** The text of --authentication-config. */
  readonly authenticationText: string | undefined;
  /** Replaced when that file says so. */
  readonly issuers: Held<readonly OutsideIssuer[]>;
  readonly anonymous: AuthenticationConfiguration['anonymous'];
  readonly tokenWebhook: KubeconfigTarget | undefined;
  /** The text of --authorization-config. */
  readonly authorizationText: string | undefined;
  readonly firstAuthorizers: readonly OutsideAuthorizer[];
  /** Replaced when that file says so. */
  readonly authorizers: Held<readonly OutsideAuthorizer[]>;
  /** The rules of mode ABAC. */
  readonly abac: AbacAuthorizer | undefined;
  readonly frontProxyCa: string | undefined;
  readonly clientCa: string | undefined;
  /** Absent: one of our own CA. */
  readonly proxyClient: CertificateAndKey | undefined;
}

export async function readOutsideFiles(
  flags: AccessFlags,
  files: FlagFiles,
): Promise<OutsideFiles> {
  checkAuthorizationFlags(flags);
  const [authenticationText, authorizationText] = await Promise.all([
    files.optional('authentication-config', flags.authenticationConfig),
    files.optional('authorization-config', flags.authorizationConfig),
  ]);
  const [{ issuers, anonymous }, tokenWebhook, authorizers, abac] = await Promise.all([
    readIssuers(flags, authenticationText, files),
    optionalTarget(
      'authentication-token-webhook-config-file',
      flags.authenticationTokenWebhookConfigFile,
      files,
    ),
    readAuthorizers(flags, authorizationText, files),
    readAbac(flags, files),
  ]);
  if (abac === undefined && authorizers.some(({ settings }) => settings.type === 'ABAC'))
    throw new FlagError("authorization-mode ABAC's authorization policy file not passed");
  const [frontProxyCa, clientCa, proxyClient] = await Promise.all([
    files.optional('requestheader-client-ca-file', flags.requestheaderClientCaFile),
    files.optional('client-ca-file', flags.clientCaFile),
    readProxyClient(flags, files),
  ]);
  return {
    abac,
    authenticationText,
    authorizationText,
    anonymous,
    tokenWebhook,
    frontProxyCa,
    clientCa,
    proxyClient,
    firstAuthorizers: authorizers,
    issuers: new Held(issuers),
    authorizers: new Held(authorizers),
  };
}

function readProxyClient(
  flags: AccessFlags,
  files: FlagFiles,
): Promise<CertificateAndKey | undefined> {
  return files.keyPair(
    { flag: 'proxy-client-cert-file', path: flags.proxyClientCertFile },
    { flag: 'proxy-client-key-file', path: flags.proxyClientKeyFile },
  );
}

interface Issuers extends Pick<OutsideFiles, 'anonymous'> {
  readonly issuers: readonly OutsideIssuer[];
}

async function readIssuers(
  flags: AccessFlags,
  text: string | undefined,
  files: FlagFiles,
): Promise<Issuers> {
  const ca = await files.optional('oidc-ca-file', flags.oidcCaFile);
  const oidc = oidcProvider(flags, ca, ownIssuers(flags));
  if (text === undefined)
    return { issuers: oidc === undefined ? [] : [oidc], anonymous: undefined };
  if (oidc !== undefined)
    throw new FlagError('authentication-config file and oidc-* flags are mutually exclusive');
  return issuersOf(flags, text);
}

const ownIssuers = ({ serviceAccountIssuer = [DEFAULT_ISSUER] }: AccessFlags): readonly string[] =>
  serviceAccountIssuer;

/** Of --authentication-config. */
export function issuersOf(flags: AccessFlags, text: string): Issuers {
  const at = { flag: 'authentication-config', path: flags.authenticationConfig! };
  const own = ownIssuers(flags);
  const config = parsedText(at, text, (content) => parseAuthenticationConfiguration(content, own));
  if (config.anonymous !== undefined && flags.anonymousAuth !== undefined)
    throw new FlagError(
      '--anonymous-auth flag cannot be set when anonymous field is configured in ' +
        'authentication configuration file',
    );
  return { issuers: config.jwt.map((settings) => ({ settings })), anonymous: config.anonymous };
}

async function optionalTarget(flag: string, path: string | undefined, files: FlagFiles) {
  return path === undefined ? undefined : kubeconfigFile(flag, path, files);
}

async function readAuthorizers(
  flags: AccessFlags,
  text: string | undefined,
  files: FlagFiles,
): Promise<readonly OutsideAuthorizer[]> {
  if (text === undefined)
    return withTargets('authorization-webhook-config-file', settingsOfModes(flags), files);
  return authorizersOf(flags.authorizationConfig!, text, files);
}

async function readAbac(
  { authorizationPolicyFile: path }: AccessFlags,
  files: FlagFiles,
): Promise<AbacAuthorizer | undefined> {
  if (path === undefined) return undefined;
  const flag = 'authorization-policy-file';
  return new AbacAuthorizer(await files.parsed(flag, path, parseAbacPolicies));
}

function checkAuthorizationFlags(flags: AccessFlags): void {
  const { authorizationConfig, authorizationMode, authorizationWebhookConfigFile } = flags;
  if (authorizationConfig === undefined) return;
  if (authorizationMode !== undefined || authorizationWebhookConfigFile !== undefined)
    throw new FlagError(
      '--authorization-config can not be specified when --authorization-mode or ' +
        '--authorization-webhook-* flags are defined',
    );
}

/** Of --authorization-config, whose path is named in errors. */
export async function authorizersOf(
  path: string,
  text: string,
  files: FlagFiles,
): Promise<readonly OutsideAuthorizer[]> {
  const flag = 'authorization-config';
  const settings = parsedText({ flag, path }, text, parseAuthorizationConfiguration);
  return withTargets(flag, settings, files);
}

function withTargets(
  flag: string,
  settings: readonly AuthorizerSettings[],
  files: FlagFiles,
): Promise<readonly OutsideAuthorizer[]> {
  return Promise.all(
    settings.map(async (one) =>
      one.type === 'Webhook'
        ? { settings: one, target: await kubeconfigFile(flag, one.kubeConfigFile, files) }
        : { settings: one },
    ),
  );
}

function settingsOfModes(flags: AccessFlags): readonly AuthorizerSettings[] {
  const { authorizationWebhookConfigFile: kubeConfigFile } = flags;
  const modes = flags.authorizationMode ?? DEFAULT_MODES;
  const isAsked = modes.some((mode) => mode === 'Webhook');
  if (isAsked && kubeConfigFile === undefined)
    throw new FlagError("authorization-mode Webhook's authorization config file not passed");
  if (!isAsked && kubeConfigFile !== undefined)
    throw new FlagError(`cannot specify --authorization-webhook-config-file without mode Webhook`);
  if (flags.authorizationPolicyFile !== undefined && !modes.some((mode) => mode === 'ABAC'))
    throw new FlagError('cannot specify --authorization-policy-file without mode ABAC');
  return modes.map((type) =>
    type === 'Webhook'
      ? {
          type,
          kubeConfigFile: kubeConfigFile!,
          version: flags.authorizationWebhookVersion,
          authorizedTtlMs: flags.authorizationWebhookCacheAuthorizedTtl,
          unauthorizedTtlMs: flags.authorizationWebhookCacheUnauthorizedTtl,
          timeoutMs: WEBHOOK_TIMEOUT_MS,
          failurePolicy: 'NoOpinion',
          matchConditions: [],
        }
      : { type },
  );
}

/** kube-apiserver's, for both sorts of webhooks. */
const WEBHOOK_TIMEOUT_MS = 30_000;

export type OutsideEffects = IssuerEffects;

export function tokenSorts(
  flags: AccessFlags,
  { issuers, tokenWebhook }: OutsideFiles,
  effects: OutsideEffects,
): TokenSorts {
  const { http, clock } = effects;
  return (apiAudiences) => {
    const jwt = (all: readonly OutsideIssuer[]): readonly TokenAuthenticator[] =>
      all.map(({ settings, algorithms, keys = providerKeys({ settings }, effects) }) => {
        return new JwtTokens({ settings, algorithms, keys, apiAudiences, ...effects });
      });
    if (tokenWebhook === undefined) return issuers.derived(jwt);
    const client = new ReviewClient({
      http,
      clock,
      target: tokenWebhook,
      timeoutMs: WEBHOOK_TIMEOUT_MS,
    });
    const webhook = new WebhookTokens({
      client,
      clock,
      apiAudiences,
      version: flags.authenticationTokenWebhookVersion,
      ttlMs: flags.authenticationTokenWebhookCacheTtl,
    });
    return issuers.derived((all) => [...jwt(all), webhook]);
  };
}

export function providerKeys(
  { settings: { issuer } }: Pick<OutsideIssuer, 'settings'>,
  { http, clock, tokenKeys }: OutsideEffects,
): ProviderKeys {
  const { url, discoveryURL: discoveryUrl, certificateAuthority: ca } = issuer;
  return new ProviderKeys({ http, clock, tokenKeys, issuer: url, discoveryUrl, ca });
}

export function frontProxies(
  flags: AccessFlags,
  { frontProxyCa }: OutsideFiles,
): readonly Authenticator[] {
  if (frontProxyCa === undefined) return [];
  const lower = (names: readonly string[]): string[] => names.map((name) => name.toLowerCase());
  return [
    requestHeader({
      usernameHeaders: lower(flags.requestheaderUsernameHeaders),
      uidHeaders: lower(flags.requestheaderUidHeaders),
      groupHeaders: lower(flags.requestheaderGroupHeaders),
      extraPrefixes: lower(flags.requestheaderExtraHeadersPrefix),
      allowedNames: flags.requestheaderAllowedNames,
    }),
  ];
}

export function authorizationSteps(
  { authorizers, abac }: OutsideFiles,
  { http, clock }: OutsideEffects,
): () => readonly AuthorizationStep[] {
  return authorizers.derived((all) =>
    all.map(({ settings, target: at }) => {
      if (settings.type === 'ABAC') return abac!;
      if (settings.type !== 'Webhook') return settings.type;
      const { timeoutMs } = settings;
      const client = new ReviewClient({ http, clock, target: at!, timeoutMs });
      return new WebhookAuthorizer({ ...settings, client, clock });
    }),
  );
}

/** Nobody stays unnamed where everybody may do everything, whatever the flag says. */
export function anonymousAuth(
  flags: AccessFlags,
  { anonymous }: Pick<OutsideFiles, 'anonymous'>,
): boolean | readonly string[] {
  if (anonymous === undefined)
    return (flags.anonymousAuth ?? true) && !flags.authorizationMode?.includes('AlwaysAllow');
  const { enabled, conditions = [] } = anonymous;
  return enabled && conditions.length > 0 ? conditions.map(({ path }) => path) : enabled;
}
