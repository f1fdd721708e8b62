import type { Upstream } from '../../platform/net/upstream.ts';
import type { CertificateAndKey } from '../../platform/crypto/x509.ts';
import type { AccessFlags } from './access-flags.ts';
import type { Aggregation } from '../aggregation/aggregator-of.ts';
import { parseTokenFile } from '../authn/token-file.ts';
import type { User } from '../authn/user.ts';
import type { ClientAuthentication } from '../bootstrap/client-authentication.ts';
import { parseEncryptionConfiguration } from '../encryption/configuration.ts';
import { FlagError, type FlagFiles } from './flag-files.ts';
import { DEFAULT_ISSUER, type ServiceAccountTokens } from '../identity.ts';
import type { AuditPolicy } from '../pipeline/audit/policy.ts';
import { parseAuditPolicy } from './audit-policy.ts';
import {
  anonymousAuth,
  authorizationSteps,
  frontProxies,
  type OutsideEffects,
  type OutsideFiles,
  readOutsideFiles,
  tokenSorts,
} from './outside-access.ts';
import type { Pki } from '../pki/pki.ts';
import type { ApiServerOptions } from '../server-options.ts';

/** Everything the flags name, read before anything is made: a mistake leaves nothing behind. */
export interface AccessFiles {
  readonly tokens: ReadonlyMap<string, User>;
  readonly signingKey: string | undefined;
  readonly keys: readonly string[];
  /** The text of a configuration that can be used. */
  readonly encryption: string | undefined;
  readonly auditPolicy: AuditPolicy | undefined;
  readonly outside: OutsideFiles;
}

export async function readAccessFiles(flags: AccessFlags, files: FlagFiles): Promise<AccessFiles> {
  const { tokenAuthFile: tokenFile, serviceAccountKeyFile: keyFiles = [] } = flags;
  const [tokens, signingKey, keys, encryption, auditPolicy, outside] = await Promise.all([
    tokenFile === undefined
      ? new Map<string, User>()
      : files.parsed('token-auth-file', tokenFile, parseTokenFile),
    files.optional('service-account-signing-key-file', flags.serviceAccountSigningKeyFile),
    Promise.all(keyFiles.map((path) => files.read('service-account-key-file', path))),
    flags.encryptionProviderConfig === undefined
      ? undefined
      : files.parsed('encryption-provider-config', flags.encryptionProviderConfig, (text) => {
          parseEncryptionConfiguration(text);
          return text;
        }),
    flags.auditPolicyFile === undefined
      ? undefined
      : files.parsed('audit-policy-file', flags.auditPolicyFile, parseAuditPolicy),
    readOutsideFiles(flags, files),
  ]);
  return { tokens, signingKey, keys, encryption, auditPolicy, outside };
}

export interface AccessEffects extends OutsideEffects {
  readonly upstream: Upstream;
  readonly pki: Pki;
}

export async function accessOptions(
  flags: AccessFlags,
  files: AccessFiles,
  effects: AccessEffects,
): Promise<Partial<ApiServerOptions>> {
  return {
    tokens: files.tokens,
    anonymousAuth: anonymousAuth(flags, files.outside),
    authenticators: frontProxies(flags, files.outside),
    tokenSorts: tokenSorts(flags, files.outside, effects),
    bootstrapTokens: flags.enableBootstrapTokenAuth,
    authorizationSteps: authorizationSteps(files.outside, effects),
    serviceAccounts: await serviceAccounts(flags, files, effects),
    apiAudiences: flags.apiAudiences,
    clientAuthentication: clientAuthentication(flags, files.outside, effects.pki),
    aggregation: aggregation(effects, files.outside.proxyClient),
  };
}

/** The common name under which this server asks extension servers. */
const FRONT_PROXY = 'front-proxy-client';

/** The certificate is made when the first extension server is asked. */
export function aggregation(
  { upstream, pki }: { readonly upstream: Upstream; readonly pki: Pki },
  given?: CertificateAndKey,
): Aggregation {
  let own: Promise<CertificateAndKey> | undefined;
  const certificate = (): Promise<CertificateAndKey> => {
    if (given !== undefined) return Promise.resolve(given);
    own ??= pki.client(FRONT_PROXY, { commonName: FRONT_PROXY });
    return own;
  };
  return { upstream, certificate };
}

/** Without front proxies of others there is one: this server, with a certificate of our own CA. */
export function ownClientAuthentication({ ca: { certificate } }: Pki): ClientAuthentication {
  return {
    clientCa: certificate,
    frontProxy: {
      ca: certificate,
      allowedNames: [FRONT_PROXY],
      usernameHeaders: ['X-Remote-User'],
      uidHeaders: ['X-Remote-Uid'],
      groupHeaders: ['X-Remote-Group'],
      extraPrefixes: ['X-Remote-Extra-'],
    },
  };
}

function clientAuthentication(
  flags: AccessFlags,
  { frontProxyCa, clientCa }: OutsideFiles,
  pki: Pki,
): ClientAuthentication {
  const own = ownClientAuthentication(pki);
  const { frontProxy } = own;
  const either = (names: readonly string[], otherwise: readonly string[]): readonly string[] =>
    names.length === 0 ? otherwise : names;
  return {
    clientCa: clientCa ?? own.clientCa,
    frontProxy: {
      ca: frontProxyCa ?? frontProxy.ca,
      allowedNames:
        frontProxyCa === undefined ? frontProxy.allowedNames : flags.requestheaderAllowedNames,
      usernameHeaders: either(flags.requestheaderUsernameHeaders, frontProxy.usernameHeaders),
      uidHeaders: either(flags.requestheaderUidHeaders, frontProxy.uidHeaders),
      groupHeaders: either(flags.requestheaderGroupHeaders, frontProxy.groupHeaders),
      extraPrefixes: either(flags.requestheaderExtraHeadersPrefix, frontProxy.extraPrefixes),
    },
  };
}

async function serviceAccounts(
  flags: AccessFlags,
  files: AccessFiles,
  { pki, tokenKeys }: AccessEffects,
): Promise<ServiceAccountTokens> {
  const using = <T>(flag: string, use: () => T): T => {
    try {
      return use();
    } catch (error) {
      throw new FlagError(`--${flag}: ${(error as Error).message}`, { cause: error });
    }
  };
  const signingText = files.signingKey ?? (await pki.serviceAccount()).privateKey;
  const signingKey = using('service-account-signing-key-file', () =>
    tokenKeys.signing(signingText),
  );
  const texts = files.keys.length === 0 ? [signingText] : files.keys;
  const maxMs = flags.serviceAccountMaxTokenExpiration;
  return {
    issuers: flags.serviceAccountIssuer ?? [DEFAULT_ISSUER],
    signingKey,
    keys: using('service-account-key-file', () =>
      texts.flatMap((text) => tokenKeys.verification(text)),
    ),
    keySetUrl: flags.serviceAccountJwksUri,
    extendExpiration: flags.serviceAccountExtendTokenExpiration,
    ...(maxMs === undefined ? {} : { maxExpirationSeconds: Math.floor(maxMs / 1000) }),
  };
}
