import type { VerificationKey } from '../../../platform/crypto/token-keys.ts';

/** OpenID Connect discovery (KEP-1393): how others find the keys that check our tokens. */
export interface OpenIdDocuments {
  readonly configuration: object;
  readonly keySet: object;
}

export function openIdDocuments(of: {
  readonly issuer: string;
  readonly keySetUrl: string;
  readonly keys: readonly VerificationKey[];
}): OpenIdDocuments {
  const algorithms = [...new Set(of.keys.map(({ algorithm }) => algorithm))].sort();
  return {
    configuration: {
      issuer: of.issuer,
      jwks_uri: of.keySetUrl,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: algorithms,
    },
    keySet: { keys: of.keys.map(({ jwk }) => jwk) },
  };
}
