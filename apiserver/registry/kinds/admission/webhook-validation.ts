import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooMany,
} from '../../../../api/field-errors.ts';
import type {
  MatchCondition,
  MutatingWebhook,
  RuleWithOperations,
  ValidatingWebhook,
  WebhookClientConfig,
} from '../../../../api/types/admissionregistration-v1.ts';
import { portNumber } from '../../../../api/validation/formats.ts';
import { validateLabelSelector } from '../../../../api/validation/labels.ts';
import { dns1035Label, dns1123Subdomain, qualifiedName } from '../../../../api/validation/names.ts';
import { conditionEnvironment } from '../../../admission/expressions/variables.ts';
import type { Environment } from '../../../../api/cel/environment.ts';
import { CelCompileError, compileFault } from '../../../../api/cel/parser/source.ts';
import { BOOL } from '../../../../api/cel/types.ts';
import { check, oneOf } from '../checks.ts';

type Webhook = ValidatingWebhook | MutatingWebhook;

const MAX_MATCH_CONDITIONS = 64;
const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const sideEffects = ['None', 'NoneOnDryRun'];
const reviewVersions = ['v1', 'v1beta1'];

function validateName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const problems = dns1123Subdomain(name);
  if (problems.length > 0) return [invalid(field, name, problems.join(','))];
  if (name.split('.').length >= 3) return [];
  const detail = 'should be a domain with at least three segments separated by dots';
  return [invalid(field, name, detail)];
}

/** "*" stands alone. */
function alone(list: readonly string[], what: string, field: string): FieldError[] {
  if (list.length < 2 || !list.includes('*')) return [];
  return [invalid(field, list, `if '*' is present, must not specify other ${what}`)];
}

function validateResources(resources: readonly string[], field: string): FieldError[] {
  if (resources.length === 0) return [required(field)];
  const errors: FieldError[] = [];
  for (const [i, text] of resources.entries()) {
    if (text === '') errors.push(required(`${field}[${i}]`));
    const [resource = '', subresource] = text.split(/\/(.*)/s);
    if (subresource === undefined) continue;
    const before = resources.slice(0, i);
    if (before.includes(`${resource}/*`)) {
      const detail = `if '${resource}/*' is present, must not specify ${text}`;
      errors.push(invalid(`${field}[${i}]`, text, detail));
    }
    if (before.includes(`*/${subresource}`)) {
      const detail = `if '*/${subresource}' is present, must not specify ${text}`;
      errors.push(invalid(`${field}[${i}]`, text, detail));
    }
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalid(field, resources, "if '*/*' is present, must not specify other resources"));
  }
  const plain = resources.filter((text) => text !== '' && !text.includes('/'));
  if (plain.includes('*') && plain[plain.length - 1] !== '*') {
    const detail = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalid(field, resources, detail));
  }
  return errors;
}

export function validateRule(rule: RuleWithOperations, field: string): FieldError[] {
  const { operations: verbs = [], apiGroups = [], apiVersions = [], resources = [] } = rule;
  const errors = verbs.length === 0 ? [required(`${field}.operations`)] : [];
  errors.push(...alone(verbs, 'operations', `${field}.operations`));
  for (const [i, verb] of verbs.entries()) {
    if (operations.includes(verb)) continue;
    errors.push(notSupported(`${field}.operations[${i}]`, verb, operations));
  }
  if (apiGroups.length === 0) errors.push(required(`${field}.apiGroups`));
  errors.push(...alone(apiGroups, 'API groups', `${field}.apiGroups`));
  if (apiVersions.length === 0) errors.push(required(`${field}.apiVersions`));
  errors.push(...alone(apiVersions, 'API versions', `${field}.apiVersions`));
  for (const [i, version] of apiVersions.entries()) {
    if (version === '') errors.push(required(`${field}.apiVersions[${i}]`));
  }
  const scope = { field: `${field}.scope`, pointer: true };
  return [
    ...errors,
    ...validateResources(resources, `${field}.resources`),
    ...oneOf(rule.scope, ['*', 'Cluster', 'Namespaced'], scope),
  ];
}

function validateUrl(text: string, field: string): FieldError[] {
  const form = '; desired format: https://host[/path]';
  if (/^[^\s:/?#%]*$/.test(text)) {
    return [
      invalid(field, '', `'https' is the only allowed URL scheme${form}`),
      invalid(field, '', `host must be specified${form}`),
    ];
  }
  if (!URL.canParse(text)) {
    const fault = /^[A-Za-z][A-Za-z0-9+.-]*:|^\//.test(text)
      ? 'invalid URI for request'
      : 'missing protocol scheme';
    const reason = `parse ${JSON.stringify(text)}: ${fault}`;
    return [required(field, `url must be a valid URL: ${reason}${form}`)];
  }
  const { protocol, host: parsed, username, password, hash, search } = new URL(text);
  // The parser looks for a host behind any number of slashes.
  const host = /^[^:/]+:\/\/\//.test(text) ? '' : parsed;
  const errors: FieldError[] = [];
  if (protocol !== 'https:') {
    const detail = `'https' is the only allowed URL scheme${form}`;
    errors.push(invalid(field, protocol.slice(0, -1), detail));
  }
  if (host === '') errors.push(invalid(field, host, `host must be specified${form}`));
  const parts = {
    'user information is': password === '' ? username : `${username}:${password}`,
    'fragments are': hash,
    'query parameters are': search,
  };
  for (const [what, part] of Object.entries(parts)) {
    if (part === '') continue;
    errors.push(invalid(field, part.replace(/^[#?]/, ''), `${what} not permitted in the URL`));
  }
  return errors;
}

export function validateClient({ url, service }: WebhookClientConfig, field: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) {
    return [required(field, 'exactly one of url or service is required')];
  }
  if (url !== undefined) return validateUrl(url, `${field}.url`);
  const at = `${field}.service`;
  const { name, namespace, path, port = 443 } = service!;
  const errors: FieldError[] = [];
  // Kubernetes takes one for the other.
  if (!namespace) errors.push(required(`${at}.name`));
  if (!name) errors.push(required(`${at}.namespace`));
  for (const problem of portNumber(port)) {
    errors.push(invalid(`${at}.port`, port, `port is not valid: ${problem}`));
  }
  return [...errors, ...validatePath(path ?? '', `${at}.path`)];
}

function validatePath(path: string, field: string): FieldError[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return [invalid(field, path, 'segment[0] may not be empty')];
  const errors = path.startsWith('/') ? [] : [invalid(field, path, "must start with a '/'")];
  // The first character is left out whatever it is.
  const segments = path.slice(1).replace(/\/$/, '').split('/');
  for (const [i, segment] of segments.entries()) {
    const problems = segment === '' ? [' may not be empty'] : dns1123Subdomain(segment);
    const told = segment === '' ? '' : ': ';
    errors.push(...problems.map((each) => invalid(field, path, `segment[${i}]${told}${each}`)));
  }
  return errors;
}

function validateVersions(versions: readonly string[], field: string): FieldError[] {
  const known = reviewVersions.join(', ');
  if (versions.length === 0) return [required(field, `must specify one of ${known}`)];
  const errors = versions.flatMap((version, i) =>
    versions.indexOf(version) < i
      ? [invalid(`${field}[${i}]`, version, 'duplicate version')]
      : check(dns1035Label, version, `${field}[${i}]`),
  );
  if (versions.some((version) => reviewVersions.includes(version))) return errors;
  return [...errors, invalid(field, versions, `must include at least one of ${known}`)];
}

/** Each condition, with its expression in the environment of its place. */
export function conditionErrors(
  conditions: readonly MatchCondition[],
  field: string,
  environment: Environment = conditionEnvironment(),
): FieldError[] {
  if (conditions.length > MAX_MATCH_CONDITIONS) {
    return [tooMany(field, conditions.length, MAX_MATCH_CONDITIONS)];
  }
  return conditions.flatMap(({ name = '', expression = '' }, i) => {
    const at = `${field}[${i}]`;
    const errors = conditionFaults(expression, `${at}.expression`, environment);
    if (name === '') return [...errors, required(`${at}.name`)];
    errors.push(...check(qualifiedName, name, `${at}.name`));
    const repeated = conditions.findIndex((other) => other.name === name) < i;
    return repeated ? [...errors, duplicate(`${at}.name`, name)] : errors;
  });
}

function conditionFaults(expression: string, at: string, environment: Environment): FieldError[] {
  if (expression.trim() === '') return [required(at)];
  try {
    environment.compile(expression, [BOOL], true);
    return [];
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    return [invalid(at, expression, compileText(error))];
  }
}

export function compileText(error: CelCompileError): string {
  return error.message.startsWith('must ') ? error.message : compileFault(error);
}

function validateWebhook(webhook: Webhook, field: string): FieldError[] {
  const { name = '', rules = [], timeoutSeconds: timeout = 10, sideEffects: effects } = webhook;
  const pointer = true;
  const errors = [
    ...validateName(name, `${field}.name`),
    ...rules.flatMap((rule, i) => validateRule(rule, `${field}.rules[${i}]`)),
    ...oneOf(webhook.failurePolicy, ['Fail', 'Ignore'], {
      field: `${field}.failurePolicy`,
      pointer,
    }),
    ...oneOf(webhook.matchPolicy, ['Equivalent', 'Exact'], {
      field: `${field}.matchPolicy`,
      pointer,
    }),
  ];
  const at = `${field}.sideEffects`;
  if (effects === undefined) {
    errors.push(required(at, `must specify one of ${sideEffects.join(', ')}`));
  } else if (!sideEffects.includes(effects)) errors.push(notSupported(at, effects, sideEffects));
  if (timeout < 1 || timeout > 30) {
    const detail = 'the timeout value must be between 1 and 30 seconds';
    errors.push(invalid(`${field}.timeoutSeconds`, timeout, detail));
  }
  const { reinvocationPolicy } = webhook as MutatingWebhook;
  return [
    ...errors,
    ...validateLabelSelector(webhook.namespaceSelector, `${field}.namespaceSelector`),
    ...validateLabelSelector(webhook.objectSelector, `${field}.objectSelector`),
    ...oneOf(reinvocationPolicy, ['IfNeeded', 'Never'], {
      field: `${field}.reinvocationPolicy`,
      pointer,
    }),
    ...validateClient(webhook.clientConfig ?? {}, `${field}.clientConfig`),
    ...conditionErrors(webhook.matchConditions ?? [], `${field}.matchConditions`),
    ...validateVersions(webhook.admissionReviewVersions ?? [], `${field}.admissionReviewVersions`),
  ];
}

export function validateWebhooks(webhooks: readonly Webhook[]): FieldError[] {
  return webhooks.flatMap((webhook, i) => {
    const errors = validateWebhook(webhook, `webhooks[${i}]`);
    const repeated = webhooks.findIndex(({ name }) => name === webhook.name) < i;
    return repeated ? [...errors, duplicate(`webhooks[${i}].name`, webhook.name)] : errors;
  });
}
