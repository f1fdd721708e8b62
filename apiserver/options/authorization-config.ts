/** --authorization-config: who decides, in order, and how webhooks among them are asked. */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooMany,
} from '../../api/field-errors.ts';
import { dns1123Subdomain } from '../../api/validation/names.ts';
import { compileCondition } from '../authz/access-conditions.ts';
import {
  configDocument,
  ConfigurationError,
  formsOf,
  refuseErrors,
  type Shape,
  shaped,
} from './config-document.ts';
import { compiled } from './expressions.ts';
import { goDurationText, parseGoDuration } from '../../platform/go-duration.ts';

const GROUP = 'apiserver.config.k8s.io';
const FORMS = formsOf('AuthorizationConfiguration', [
  `${GROUP}/v1`,
  `${GROUP}/v1beta1`,
  `${GROUP}/v1alpha1`,
]);
const KINDS = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'] as const;
const MAX_TIMEOUT_MS = 30_000;
const MAX_CONDITIONS = 64;

const TEXT = 'string';
const WEBHOOK: Shape = {
  authorizedTTL: TEXT,
  cacheAuthorizedRequests: 'boolean',
  unauthorizedTTL: TEXT,
  cacheUnauthorizedRequests: 'boolean',
  timeout: TEXT,
  subjectAccessReviewVersion: TEXT,
  matchConditionSubjectAccessReviewVersion: TEXT,
  failurePolicy: TEXT,
  connectionInfo: { type: TEXT, kubeConfigFile: TEXT },
  matchConditions: [{ expression: TEXT }],
};
const SHAPE: Shape = {
  apiVersion: TEXT,
  kind: TEXT,
  authorizers: [{ type: TEXT, name: TEXT, webhook: WEBHOOK }],
};

/** A configuration as it was written. */
interface WrittenWebhook {
  readonly authorizedTTL?: string;
  readonly cacheAuthorizedRequests?: boolean;
  readonly unauthorizedTTL?: string;
  readonly cacheUnauthorizedRequests?: boolean;
  readonly timeout?: string;
  readonly subjectAccessReviewVersion?: string;
  readonly matchConditionSubjectAccessReviewVersion?: string;
  readonly failurePolicy?: string;
  readonly connectionInfo?: { readonly type?: string; readonly kubeConfigFile?: string };
  readonly matchConditions?: readonly { readonly expression?: string }[];
}

interface Written {
  readonly type?: string;
  readonly name?: string;
  readonly webhook?: WrittenWebhook;
}

export interface WebhookSettings {
  readonly type: 'Webhook';
  readonly kubeConfigFile: string;
  readonly version: 'v1' | 'v1beta1';
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  readonly timeoutMs: number;
  readonly failurePolicy: 'NoOpinion' | 'Deny';
  readonly matchConditions: readonly string[];
}

export type AuthorizerSettings =
  { readonly type: Exclude<(typeof KINDS)[number], 'Webhook'> } | WebhookSettings;

/** Throws {@link ConfigurationError}. */
export function parseAuthorizationConfiguration(content: string): readonly AuthorizerSettings[] {
  if (content === '') throw new ConfigurationError('empty config data');
  const document = configDocument(content, FORMS);
  const { authorizers = [] } = shaped(document, SHAPE) as {
    readonly authorizers?: readonly Written[];
  };
  const errors: FieldError[] = [];
  if (authorizers.length === 0)
    errors.push(required('authorizers', 'at least one authorization mode must be defined'));
  const types = new Set<string>();
  const names = new Set<string>();
  authorizers.forEach((authorizer, i) => {
    const field = `authorizers[${i}]`;
    const { type = '' } = authorizer;
    const fault = typeFault(type, `${field}.type`, types);
    types.add(type);
    if (fault !== undefined) errors.push(fault);
    else errors.push(...validateAuthorizer(authorizer, field, names));
  });
  refuseErrors(errors);
  checkNames(authorizers);
  return authorizers.map(({ type, webhook }) =>
    type === 'Webhook'
      ? webhookSettings(webhook!)
      : ({ type } as Exclude<AuthorizerSettings, WebhookSettings>),
  );
}

function typeFault(type: string, field: string, seen: ReadonlySet<string>): FieldError | undefined {
  if (type === '') return required(field);
  if (!KINDS.some((kind) => kind === type)) return notSupported(field, type, KINDS);
  return type !== 'Webhook' && seen.has(type) ? duplicate(field, type) : undefined;
}

function validateAuthorizer(
  { type, name = '', webhook }: Written,
  field: string,
  names: Set<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const at = `${field}.name`;
  const wrong = dns1123Subdomain(name);
  if (name === '') errors.push(required(at));
  else if (names.has(name)) errors.push(duplicate(at, name));
  else if (wrong.length > 0)
    errors.push(invalid(at, name, `authorizer name is invalid: ${wrong.join(', ')}`));
  names.add(name);
  if (type !== 'Webhook')
    return webhook === undefined
      ? errors
      : [
          ...errors,
          invalid(`${field}.webhook`, 'non-null', 'may only be specified when type=Webhook'),
        ];
  if (webhook === undefined)
    return [...errors, required(`${field}.webhook`, 'required when type=Webhook')];
  return [...errors, ...validateWebhook(webhook, field)];
}

/** Authorizers that are no webhooks have the names that metrics give them. */
function checkNames(authorizers: readonly Written[]): void {
  const texts = authorizers.flatMap(({ type = '', name = '' }) => {
    const expected = type.toLowerCase();
    return type === 'Webhook' || name === expected
      ? []
      : [`expected name ${expected} for authorizer ${type} instead of ${name}`];
  });
  if (texts.length > 0)
    throw new ConfigurationError(texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`);
}

function oneOf(value: string, field: string, values: readonly string[]): FieldError[] {
  if (value === '') return [required(field)];
  return values.includes(value) ? [] : [notSupported(field, value, values)];
}

/** 0 for none. Throws {@link ConfigurationError} for what is no duration. */
function milliseconds(value: string | undefined): number {
  const ms = value === undefined ? 0 : parseGoDuration(value);
  if (ms !== undefined) return ms;
  throw new ConfigurationError(`time: invalid duration ${JSON.stringify(value)}`);
}

function validateTtl(value: string | undefined, field: string): FieldError[] {
  const ms = milliseconds(value);
  return ms < 0 ? [invalid(field, goDurationText(ms), 'must be > 0s')] : [];
}

/** Fields of the webhook are named as if they were the authorizer's, as Kubernetes does. */
function validateWebhook(webhook: WrittenWebhook, field: string): FieldError[] {
  const { timeout, connectionInfo = {}, matchConditions = [] } = webhook;
  const { subjectAccessReviewVersion = '', failurePolicy = '' } = webhook;
  const { matchConditionSubjectAccessReviewVersion: conditionVersion = '' } = webhook;
  const errors: FieldError[] = [];
  const ms = milliseconds(timeout);
  if (ms === 0) errors.push(required(`${field}.timeout`));
  else if (ms < 0 || ms > MAX_TIMEOUT_MS)
    errors.push(invalid(`${field}.timeout`, goDurationText(ms), 'must be > 0s and <= 30s'));
  errors.push(
    ...validateTtl(webhook.authorizedTTL, `${field}.authorizedTTL`),
    ...validateTtl(webhook.unauthorizedTTL, `${field}.unauthorizedTTL`),
    ...oneOf(subjectAccessReviewVersion, `${field}.subjectAccessReviewVersion`, ['v1', 'v1beta1']),
  );
  const at = `${field}.matchConditionSubjectAccessReviewVersion`;
  if (conditionVersion !== '') errors.push(...oneOf(conditionVersion, at, ['v1']));
  else if (matchConditions.length > 0)
    errors.push(required(at, 'required if match conditions are specified'));
  errors.push(
    ...oneOf(failurePolicy, `${field}.failurePolicy`, ['NoOpinion', 'Deny']),
    ...validateConnection(connectionInfo, `${field}.connectionInfo`),
    ...validateConditions(matchConditions, `${field}.matchConditions`),
  );
  return errors;
}

function validateConnection(
  { type = '', kubeConfigFile = '' }: NonNullable<WrittenWebhook['connectionInfo']>,
  field: string,
): FieldError[] {
  const file = `${field}.kubeConfigFile`;
  switch (type) {
    case '':
      return [required(`${field}.type`)];
    case 'InClusterConfig':
      return kubeConfigFile === ''
        ? [invalid(`${field}.type`, type, 'this server runs in no pod: use KubeConfigFile')]
        : [invalid(file, kubeConfigFile, 'can only be set when type=KubeConfigFile')];
    case 'KubeConfigFile':
      if (kubeConfigFile === '') return [required(file)];
      return kubeConfigFile.startsWith('/')
        ? []
        : [invalid(file, kubeConfigFile, 'must be an absolute path')];
    default: {
      const shown = { Type: type, KubeConfigFile: kubeConfigFile === '' ? null : kubeConfigFile };
      return [notSupported(`${field}.type`, shown, ['InClusterConfig', 'KubeConfigFile'])];
    }
  }
}

function validateConditions(
  conditions: readonly { readonly expression?: string }[],
  field: string,
): FieldError[] {
  if (conditions.length > MAX_CONDITIONS)
    return [tooMany(field, conditions.length, MAX_CONDITIONS)];
  const seen = new Set<string>();
  return conditions.flatMap(({ expression = '' }, i) => {
    const at = `${field}[${i}].expression`;
    if (expression.trim() === '') return [required(at)];
    if (seen.has(expression)) return [duplicate(at, expression)];
    seen.add(expression);
    const result = compiled(expression, at, () => compileCondition(expression));
    return Array.isArray(result) ? result : [];
  });
}

function webhookSettings(webhook: WrittenWebhook): WebhookSettings {
  const { authorizedTTL, unauthorizedTTL, timeout, matchConditions = [] } = webhook;
  const { cacheAuthorizedRequests = true, cacheUnauthorizedRequests = true } = webhook;
  return {
    type: 'Webhook',
    kubeConfigFile: webhook.connectionInfo!.kubeConfigFile!,
    version: webhook.subjectAccessReviewVersion as 'v1' | 'v1beta1',
    authorizedTtlMs: cacheAuthorizedRequests ? milliseconds(authorizedTTL) || 300_000 : 0,
    unauthorizedTtlMs: cacheUnauthorizedRequests ? milliseconds(unauthorizedTTL) || 30_000 : 0,
    timeoutMs: milliseconds(timeout),
    failurePolicy: webhook.failurePolicy as 'NoOpinion' | 'Deny',
    matchConditions: matchConditions.map(({ expression = '' }) => expression),
  };
}
