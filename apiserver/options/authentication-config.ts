/** --authentication-config: checked as Kubernetes checks it, with its texts. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
} from '../../api/field-errors.ts';
import { compile } from '../authn/jwt/claim-mapping.ts';
import type { AuthenticationConfiguration, JwtSettings } from '../authn/jwt/settings.ts';
import { CelCompileError } from '../../api/cel/parser/source.ts';
import { configDocument, refuseErrors, unknownFields } from './config-document.ts';

const GROUP = 'apiserver.config.k8s.io';
const VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`, `${GROUP}/v1alpha1`];
const MAX_AUTHENTICATORS = 64;
const BOTH = "claim and expression can't both be set";
const NEITHER = 'claim or expression is required';

export function parseAuthenticationConfiguration(text: string): AuthenticationConfiguration {
  const document = configDocument(text, 'AuthenticationConfiguration', VERSIONS);
  unknownFields(
    document,
    ['apiVersion', 'kind', 'jwt', 'anonymous'],
    'AuthenticationConfiguration',
  );
  const jwt = (document['jwt'] ?? []) as readonly JwtSettings[];
  const { anonymous } = document as { anonymous?: AuthenticationConfiguration['anonymous'] };
  const errors = validateJwt(jwt);
  if (anonymous?.enabled === false && (anonymous.conditions ?? []).length > 0)
    errors.push(
      invalid(
        'anonymous.conditions',
        anonymous.conditions,
        'enabled should be set to true when conditions are defined',
      ),
    );
  refuseErrors(errors);
  return { jwt, ...(anonymous === undefined ? {} : { anonymous }) };
}

function validateJwt(jwt: readonly JwtSettings[]): FieldError[] {
  if (jwt.length > MAX_AUTHENTICATORS)
    return [
      {
        type: 'FieldValueTooMany',
        field: 'jwt',
        message: `Too many: ${jwt.length}: must have at most ${MAX_AUTHENTICATORS} items`,
      },
    ];
  const seen = new Set<string>();
  return jwt.flatMap((settings, i) => {
    const field = `jwt[${i}]`;
    unknownFields(
      settings,
      ['issuer', 'claimValidationRules', 'claimMappings', 'userValidationRules'],
      field,
    );
    const url = (settings.issuer as Partial<JwtSettings['issuer']> | undefined)?.url ?? '';
    const errors = seen.has(url) ? [duplicate(`${field}.issuer.url`, url)] : [];
    seen.add(url);
    return [...errors, ...validateSettings(settings, field)];
  });
}

/** Also of what the --oidc-* flags say. */
export function validateSettings(settings: Partial<JwtSettings>, field: string): FieldError[] {
  const { issuer, claimMappings, claimValidationRules = [], userValidationRules = [] } = settings;
  return [
    ...validateIssuer(issuer ?? {}, `${field}.issuer`),
    ...claimValidationRules.flatMap((rule, i) =>
      validateRule(rule, `${field}.claimValidationRules[${i}]`),
    ),
    ...validateMappings(claimMappings ?? {}, `${field}.claimMappings`),
    ...userValidationRules.flatMap(({ expression }, i) =>
      validateExpression(expression, `${field}.userValidationRules[${i}].expression`, {
        of: 'user',
        results: 'bool',
      }),
    ),
  ];
}

function validateUrl(text: string, field: string): FieldError[] {
  if (!URL.canParse(text)) return [invalid(field, text, 'URL is invalid')];
  const url = new URL(text);
  if (url.protocol !== 'https:') return [invalid(field, text, 'URL scheme must be https')];
  if (url.username !== '' || url.password !== '')
    return [invalid(field, text, 'URL must not contain a username or password')];
  if (url.search !== '') return [invalid(field, text, 'URL must not contain a query')];
  return url.hash === '' ? [] : [invalid(field, text, 'URL must not contain a fragment')];
}

function validateIssuer(issuer: Partial<JwtSettings['issuer']>, field: string): FieldError[] {
  unknownFields(
    issuer,
    [
      'url',
      'discoveryURL',
      'certificateAuthority',
      'audiences',
      'audienceMatchPolicy',
      'egressSelectorType',
    ],
    field,
  );
  const {
    url = '',
    discoveryURL,
    audiences = [],
    audienceMatchPolicy,
    egressSelectorType,
  } = issuer;
  const errors =
    url === '' ? [required(`${field}.url`, 'URL is required')] : validateUrl(url, `${field}.url`);
  if (discoveryURL !== undefined) {
    const at = `${field}.discoveryURL`;
    if (discoveryURL.replace(/\/$/, '') === url.replace(/\/$/, ''))
      errors.push(invalid(at, discoveryURL, 'discoveryURL must be different from URL'));
    else errors.push(...validateUrl(discoveryURL, at));
  }
  if (audiences.length === 0)
    errors.push(required(`${field}.audiences`, `at least one ${field}.audiences is required`));
  audiences.forEach((audience, i) => {
    const at = `${field}.audiences[${i}]`;
    if (audience === '') errors.push(required(at, "audience can't be empty"));
    else if (audiences.indexOf(audience) < i) errors.push(duplicate(at, audience));
  });
  const policy = `${field}.audienceMatchPolicy`;
  if (audiences.length > 1 && audienceMatchPolicy !== 'MatchAny')
    errors.push(
      invalid(
        policy,
        audienceMatchPolicy ?? '',
        'audienceMatchPolicy must be MatchAny for multiple audiences',
      ),
    );
  else if (audienceMatchPolicy !== undefined && !['', 'MatchAny'].includes(audienceMatchPolicy))
    errors.push(
      invalid(
        policy,
        audienceMatchPolicy,
        'audienceMatchPolicy must be empty or MatchAny for single audience',
      ),
    );
  if (egressSelectorType !== undefined)
    errors.push(
      forbidden(`${field}.egressSelectorType`, 'egress selectors are not supported here'),
    );
  return errors;
}

interface Expected {
  readonly of: 'claims' | 'user';
  readonly results: 'bool' | 'text' | 'texts';
}

function validateExpression(
  expression: string | undefined,
  field: string,
  { of, results }: Expected,
): FieldError[] {
  if (expression === undefined || expression.trim() === '')
    return [required(field, 'expression is required')];
  try {
    compile(expression, of, results);
    return [];
  } catch (error) {
    if (error instanceof CelCompileError)
      return [invalid(field, expression, `compilation failed: ${error.message}`)];
    throw error;
  }
}

type Rule = NonNullable<JwtSettings['claimValidationRules']>[number];

function validateRule(
  { claim, requiredValue, expression, message }: Rule,
  field: string,
): FieldError[] {
  if (claim !== undefined && expression !== undefined) return [invalid(field, claim, BOTH)];
  if (claim === undefined && expression === undefined) return [required(field, NEITHER)];
  if (claim !== undefined)
    return message === undefined
      ? []
      : [invalid(`${field}.message`, message, "message can't be set when claim is set")];
  const errors =
    requiredValue === undefined
      ? []
      : [
          invalid(
            `${field}.requiredValue`,
            requiredValue,
            "requiredValue can't be set when expression is set",
          ),
        ];
  return [
    ...errors,
    ...validateExpression(expression, `${field}.expression`, { of: 'claims', results: 'bool' }),
  ];
}

type Mappings = Partial<JwtSettings['claimMappings']>;

function validatePrefixed(
  { claim, expression, prefix }: NonNullable<Mappings['groups']>,
  field: string,
  results: Expected['results'],
): FieldError[] {
  if (claim !== undefined && expression !== undefined) return [invalid(field, '', BOTH)];
  if (expression !== undefined) {
    if (prefix !== undefined)
      return [invalid(`${field}.prefix`, prefix, "prefix can't be set when expression is set")];
    return validateExpression(expression, `${field}.expression`, { of: 'claims', results });
  }
  if (claim !== undefined && prefix === undefined)
    return [
      required(
        `${field}.prefix`,
        'prefix is required when claim is set. It can be set to an empty string to disable prefixing',
      ),
    ];
  return [];
}

function validateMappings(
  { username, groups, uid, extra = [] }: Mappings,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!username?.claim && !username?.expression)
    errors.push(required(`${field}.username`, NEITHER));
  else errors.push(...validatePrefixed(username, `${field}.username`, 'text'));
  if (groups !== undefined) errors.push(...validatePrefixed(groups, `${field}.groups`, 'texts'));
  if (uid?.claim !== undefined && uid.expression !== undefined)
    errors.push(invalid(`${field}.uid`, '', BOTH));
  else if (uid?.expression !== undefined)
    errors.push(
      ...validateExpression(uid.expression, `${field}.uid.expression`, {
        of: 'claims',
        results: 'text',
      }),
    );
  extra.forEach(({ key, valueExpression }, i) => {
    const at = `${field}.extra[${i}]`;
    errors.push(...validateExtraKey(key, `${at}.key`));
    if (extra.findIndex((other) => other.key === key) < i) errors.push(duplicate(`${at}.key`, key));
    errors.push(
      ...validateExpression(valueExpression, `${at}.valueExpression`, {
        of: 'claims',
        results: 'texts',
      }),
    );
  });
  return errors;
}

function validateExtraKey(key: string | undefined, field: string): FieldError[] {
  if (!key) return [required(field)];
  const [, domain] = /^([a-z0-9]+(?:[.-][a-z0-9]+)*)\/.+$/.exec(key) ?? [];
  if (key !== key.toLowerCase()) return [invalid(field, key, 'key must be lowercase')];
  if (domain === undefined)
    return [invalid(field, key, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const reserved = ['k8s.io', 'kubernetes.io'].find(
    (each) => domain === each || domain.endsWith(`.${each}`),
  );
  if (reserved === undefined) return [];
  return [invalid(field, key, `${reserved} and its subdomains are reserved for Kubernetes use`)];
}
