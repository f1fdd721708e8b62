/** --authentication-config: checked as Kubernetes checks it, with its texts. */
import { duplicate, type FieldError, invalid, required, tooMany } from '../../api/field-errors.ts';
import { visit } from '../../api/cel/literals.ts';
import { urlFault } from '../../api/cel/libraries/urls.ts';
import type { Program } from '../../api/cel/program.ts';
import { domainPrefixedPath } from '../../api/validation/formats.ts';
import { compile, type Expected } from '../authn/jwt/claim-expressions.ts';
import type { AuthenticationConfiguration, JwtSettings } from '../authn/jwt/settings.ts';
import {
  configDocument,
  ConfigurationError,
  formsOf,
  refuseErrors,
  type Shape,
  shaped,
} from './config-document.ts';
import { compiled } from './expressions.ts';

const GROUP = 'apiserver.config.k8s.io';
const FORMS = formsOf('AuthenticationConfiguration', [
  `${GROUP}/v1`,
  `${GROUP}/v1beta1`,
  `${GROUP}/v1alpha1`,
]);
const MAX_AUTHENTICATORS = 64;
const BOTH = "claim and expression can't both be set";
const NEITHER = 'claim or expression is required';

const CERTIFICATE = /^-----BEGIN CERTIFICATE-----$[\s\S]+?^-----END CERTIFICATE-----$/m;

const TEXT = 'string';
const CLAIM = { claim: TEXT, expression: TEXT } as const;
const PREFIXED = { ...CLAIM, prefix: TEXT } as const;
const JWT: Shape = {
  issuer: {
    url: TEXT,
    discoveryURL: TEXT,
    certificateAuthority: TEXT,
    audiences: [TEXT],
    audienceMatchPolicy: TEXT,
    egressSelectorType: TEXT,
  },
  claimValidationRules: [{ claim: TEXT, requiredValue: TEXT, expression: TEXT, message: TEXT }],
  claimMappings: {
    username: PREFIXED,
    groups: PREFIXED,
    uid: CLAIM,
    extra: [{ key: TEXT, valueExpression: TEXT }],
  },
  userValidationRules: [{ expression: TEXT, message: TEXT }],
};
const SHAPE: Shape = {
  apiVersion: TEXT,
  kind: TEXT,
  jwt: [JWT],
  anonymous: { enabled: 'boolean', conditions: [{ path: TEXT }] },
};

/** `disallowed`: issuers that are this server itself. Throws ConfigurationError. */
export function parseAuthenticationConfiguration(
  content: string,
  disallowed: readonly string[],
): AuthenticationConfiguration {
  if (content === '') throw new ConfigurationError('empty config data');
  const document = configDocument(content, FORMS);
  const { jwt, anonymous } = shaped(document, SHAPE) as Partial<AuthenticationConfiguration>;
  const errors = validateJwt(jwt ?? [], disallowed);
  const { enabled = false, conditions = [] } = anonymous ?? {};
  if (!enabled && conditions.length > 0)
    errors.push(
      invalid(
        'anonymous.conditions',
        conditions.map(({ path = '' }) => ({ Path: path })),
        'enabled should be set to true when conditions are defined',
      ),
    );
  refuseErrors(errors);
  return {
    jwt: jwt ?? [],
    ...(anonymous === undefined ? {} : { anonymous: { enabled, conditions } }),
  };
}

function validateJwt(jwt: readonly JwtSettings[], disallowed: readonly string[]): FieldError[] {
  if (jwt.length > MAX_AUTHENTICATORS) return [tooMany('jwt', jwt.length, MAX_AUTHENTICATORS)];
  const urls = new Set<string>();
  const discoveryUrls = new Set<string>();
  return jwt.flatMap((settings, i) => {
    const field = `jwt[${i}]`;
    const errors = validateSettings(settings, field, disallowed);
    const { url = '', discoveryURL = '' }: Partial<JwtSettings['issuer']> = settings.issuer ?? {};
    if (urls.has(url)) errors.push(duplicate(`${field}.issuer.url`, url));
    if (discoveryURL !== '' && discoveryUrls.has(discoveryURL))
      errors.push(duplicate(`${field}.issuer.discoveryURL`, discoveryURL));
    urls.add(url);
    discoveryUrls.add(discoveryURL);
    return errors;
  });
}

/** Also of what the --oidc-* flags say. */
export function validateSettings(
  settings: Partial<JwtSettings>,
  field: string,
  disallowed: readonly string[],
): FieldError[] {
  const { issuer, claimMappings, claimValidationRules = [], userValidationRules = [] } = settings;
  const compiling = new Compiling();
  return [
    ...validateIssuer(issuer ?? {}, `${field}.issuer`, disallowed),
    ...validateRules(claimValidationRules, `${field}.claimValidationRules`, compiling),
    ...validateMappings(claimMappings ?? {}, `${field}.claimMappings`, compiling),
    ...validateUserRules(userValidationRules, `${field}.userValidationRules`, compiling),
  ];
}

/** Compiles, and notes which claims the expressions of some fields read. */
class Compiling {
  readonly #read = new Set<string>();

  reads(purpose: 'username' | 'extra' | 'rule', claim: string): boolean {
    return this.#read.has(`${purpose} ${claim}`);
  }

  errors(
    expression: string,
    field: string,
    { purpose, ...expected }: Expected & { readonly purpose?: 'username' | 'extra' | 'rule' },
  ): FieldError[] {
    const result = compiled(expression, field, () => compile(expression, expected));
    if (Array.isArray(result)) return result;
    if (purpose !== undefined)
      for (const claim of claimsRead(result)) this.#read.add(`${purpose} ${claim}`);
    return [];
  }
}

/** Those that are selected by name from `claims`. */
function claimsRead(program: Program): ReadonlySet<string> {
  const names = new Set<string>();
  visit(program.checked.expr, (node) => {
    if (node.type === 'select' && node.operand.type === 'ident' && node.operand.name === 'claims')
      names.add(node.field);
  });
  return names;
}

function validateUrl(value: string, field: string, disallowed: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (detail: string): number => errors.push(invalid(field, value, detail));
  if (disallowed.includes(value))
    refuse(`URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(' ')}]`);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1] ?? '';
  const fault = scheme === '' && !value.startsWith(':') ? undefined : urlFault(value);
  if (fault !== undefined) {
    refuse(fault);
    return errors;
  }
  const [, authority = '', rest = ''] = /^[^/?#]*(?:\/\/([^/?#]*))?(.*)$/s.exec(value)!;
  const [, query = '', fragment = ''] = /^[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(rest)!;
  if (scheme.toLowerCase() !== 'https') refuse('URL scheme must be https');
  if (authority.includes('@')) refuse('URL must not contain a username or password');
  if (query !== '') refuse('URL must not contain a query');
  if (fragment !== '') refuse('URL must not contain a fragment');
  return errors;
}

function validateIssuer(
  issuer: Partial<JwtSettings['issuer']>,
  field: string,
  disallowed: readonly string[],
): FieldError[] {
  const {
    url = '',
    discoveryURL = '',
    certificateAuthority = '',
    egressSelectorType = '',
  } = issuer;
  const errors =
    url === '' ? [required(`${field}.url`)] : validateUrl(url, `${field}.url`, disallowed);
  if (discoveryURL !== '') {
    const at = `${field}.discoveryURL`;
    if (url !== '' && discoveryURL.replace(/\/+$/, '') === url.replace(/\/+$/, ''))
      errors.push(invalid(at, discoveryURL, 'discoveryURL must be different from URL'));
    errors.push(...validateUrl(discoveryURL, at, []));
  }
  errors.push(...validateAudiences(issuer, field));
  if (certificateAuthority !== '' && !CERTIFICATE.test(certificateAuthority)) {
    const detail = 'data does not contain any valid RSA or ECDSA certificates';
    errors.push(invalid(`${field}.certificateAuthority`, '<omitted>', detail));
  }
  if (egressSelectorType !== '')
    errors.push(
      invalid(
        `${field}.egressSelectorType`,
        egressSelectorType,
        ['controlplane', 'cluster'].includes(egressSelectorType)
          ? 'egress selectors are not supported here'
          : 'egress selector must be either controlplane or cluster',
      ),
    );
  return errors;
}

function validateAudiences(
  { audiences = [], audienceMatchPolicy = '' }: Partial<JwtSettings['issuer']>,
  field: string,
): FieldError[] {
  const at = `${field}.audiences`;
  if (audiences.length === 0) return [required(at, `at least one ${at} is required`)];
  const errors: FieldError[] = [];
  audiences.forEach((audience, i) => {
    if (audience === '') errors.push(required(`${at}[${i}]`));
    if (audiences.indexOf(audience) < i) errors.push(duplicate(`${at}[${i}]`, audience));
  });
  const several = audiences.length > 1;
  if (audienceMatchPolicy !== 'MatchAny' && (several || audienceMatchPolicy !== '')) {
    const must = several
      ? 'MatchAny for multiple audiences'
      : 'empty or MatchAny for single audience';
    const detail = `audienceMatchPolicy must be ${must}`;
    errors.push(invalid(`${field}.audienceMatchPolicy`, audienceMatchPolicy, detail));
  }
  return errors;
}

type Rules = NonNullable<JwtSettings['claimValidationRules']>;

function validateRules(rules: Rules, field: string, compiling: Compiling): FieldError[] {
  const seen = new Set<string>();
  return rules.flatMap(({ claim = '', requiredValue = '', expression = '', message = '' }, i) => {
    const at = `${field}[${i}]`;
    if (claim !== '' && expression !== '') return [invalid(at, claim, BOTH)];
    if (claim === '' && expression === '') return [required(at, NEITHER)];
    const [what, value] = claim === '' ? ['expression', expression] : ['claim', claim];
    const errors: FieldError[] = [];
    if (claim !== '' && message !== '')
      errors.push(invalid(`${at}.message`, message, 'may not be specified when claim is set'));
    if (claim === '' && requiredValue !== '') {
      const detail = 'may not be specified when expression is set';
      errors.push(invalid(`${at}.requiredValue`, requiredValue, detail));
    }
    const isKnown = seen.has(`${what} ${value}`);
    seen.add(`${what} ${value}`);
    if (isKnown) return [...errors, duplicate(`${at}.${what}`, value)];
    if (claim !== '') return errors;
    const expected = { of: 'claims', results: 'bool', purpose: 'rule' } as const;
    return [...errors, ...compiling.errors(expression, `${at}.expression`, expected)];
  });
}

type UserRules = NonNullable<JwtSettings['userValidationRules']>;

function validateUserRules(rules: UserRules, field: string, compiling: Compiling): FieldError[] {
  const seen = new Set<string>();
  return rules.flatMap(({ expression = '' }: Partial<UserRules[number]>, i) => {
    const at = `${field}[${i}].expression`;
    if (expression === '') return [required(at)];
    if (seen.has(expression)) return [duplicate(at, expression)];
    seen.add(expression);
    return compiling.errors(expression, at, { of: 'user', results: 'bool' });
  });
}

type Mappings = Partial<JwtSettings['claimMappings']>;

function validatePrefixed(
  { claim = '', expression = '', prefix }: NonNullable<Mappings['groups']>,
  field: string,
  compiling: Compiling,
): FieldError[] {
  if (claim !== '' && expression !== '') return [invalid(field, '', BOTH)];
  if (claim !== '')
    return prefix === undefined
      ? [
          required(
            `${field}.prefix`,
            'prefix is required when claim is set. It can be set to an empty string to disable prefixing',
          ),
        ]
      : [];
  if (expression === '') return [];
  const errors =
    prefix === undefined
      ? []
      : [invalid(`${field}.prefix`, prefix, 'may not be specified when expression is set')];
  const purpose = field.endsWith('.username') ? ({ purpose: 'username' } as const) : {};
  const expected = { of: 'claims', results: 'any', ...purpose } as const;
  return [...errors, ...compiling.errors(expression, `${field}.expression`, expected)];
}

function validateMappings(
  { username = {}, groups = {}, uid = {}, extra = [] }: Mappings,
  field: string,
  compiling: Compiling,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!username.claim && !username.expression) errors.push(required(`${field}.username`, NEITHER));
  errors.push(...validatePrefixed(username, `${field}.username`, compiling));
  errors.push(...validatePrefixed(groups, `${field}.groups`, compiling));
  const { claim = '', expression = '' } = uid;
  if (claim !== '' && expression !== '') errors.push(invalid(`${field}.uid`, '', BOTH));
  else if (expression !== '') {
    const expected = { of: 'claims', results: 'any' } as const;
    errors.push(...compiling.errors(expression, `${field}.uid.expression`, expected));
  }
  errors.push(...validateExtra(extra, `${field}.extra`, compiling));
  // Anybody may have an account with an address that nobody has verified.
  const verified = ['username', 'extra', 'rule'] as const;
  if (
    compiling.reads('username', 'email') &&
    !verified.some((purpose) => compiling.reads(purpose, 'email_verified'))
  )
    errors.push(invalid(`${field}.username.expression`, username.expression, UNVERIFIED_EMAIL));
  return errors;
}

const UNVERIFIED_EMAIL =
  'claims.email_verified must be used in claimMappings.username.expression or ' +
  'claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when ' +
  'claims.email is used in claimMappings.username.expression';

function validateExtra(
  extra: NonNullable<Mappings['extra']>,
  field: string,
  compiling: Compiling,
): FieldError[] {
  const seen = new Set<string>();
  return extra.flatMap(({ key = '', valueExpression = '' }: Partial<(typeof extra)[number]>, i) => {
    const at = `${field}[${i}].key`;
    const errors = domainPrefixedPath(key, at);
    if (key !== key.toLowerCase()) errors.push(invalid(at, key, 'must be lowercase'));
    if (/^(?:[^/]*\.)?(?:k8s|kubernetes)\.io\//.test(key))
      errors.push(
        invalid(
          at,
          key,
          'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
        ),
      );
    if (seen.has(key)) return [...errors, duplicate(at, key)];
    seen.add(key);
    const value = `${field}[${i}].valueExpression`;
    if (valueExpression === '') return [...errors, required(value)];
    const expected = { of: 'claims', results: 'any', purpose: 'extra' } as const;
    return [...errors, ...compiling.errors(valueExpression, value, expected)];
  });
}
