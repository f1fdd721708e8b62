/** apiserver.config.k8s.io/v1 AuthenticationConfiguration, as far as tokens go. */
export interface ClaimOrExpression {
  readonly claim?: string;
  readonly expression?: string;
}

export interface PrefixedClaim extends ClaimOrExpression {
  readonly prefix?: string;
}

export interface JwtSettings {
  readonly issuer: {
    readonly url: string;
    readonly discoveryURL?: string;
    /** PEM. */
    readonly certificateAuthority?: string;
    readonly audiences: readonly string[];
    readonly audienceMatchPolicy?: string;
    readonly egressSelectorType?: string;
  };
  readonly claimValidationRules?: readonly {
    readonly claim?: string;
    readonly requiredValue?: string;
    readonly expression?: string;
    readonly message?: string;
  }[];
  readonly claimMappings: {
    readonly username: PrefixedClaim;
    readonly groups?: PrefixedClaim;
    readonly uid?: ClaimOrExpression;
    readonly extra?: readonly { readonly key: string; readonly valueExpression: string }[];
  };
  readonly userValidationRules?: readonly {
    readonly expression: string;
    readonly message?: string;
  }[];
}

export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtSettings[];
  readonly anonymous?: {
    readonly enabled: boolean;
    /** Paths at which a request without credentials is anonymous. Default: all. */
    readonly conditions?: readonly { readonly path: string }[];
  };
}
