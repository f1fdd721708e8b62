/** --authorization-config: who decides, in order, and how webhooks among them are asked. */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
} from '../../api/field-errors.ts';
import { compileCondition } from '../authz/access-conditions.ts';
import { CelCompileError } from '../../api/cel/parser/source.ts';
import { configDocument, refuseErrors, unknownFields } from './config-document.ts';
import { parseGoDuration } from '../pipeline/go-duration.ts';

const GROUP = 'apiserver.config.k8s.io';
const VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`, `${GROUP}/v1alpha1`];
const KINDS = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'] as const;
/** As a configuration file has them. */
const WEBHOOK_FIELDS = [
  ...['authorizedTTL', 'unauthorizedTTL', 'cacheAuthorizedRequests', 'cacheUnauthorizedRequests'],
  ...['timeout', 'subjectAccessReviewVersion', 'matchConditionSubjectAccessReviewVersion'],
  ...['failurePolicy', 'connectionInfo', 'matchConditions'],
];
const MAX_TIMEOUT_MS = 30_000;

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

type Fields = Readonly<Record<string, unknown>>;

export function parseAuthorizationConfiguration(text: string): readonly AuthorizerSettings[] {
  const document = configDocument(text, 'AuthorizationConfiguration', VERSIONS);
  unknownFields(document, ['apiVersion', 'kind', 'authorizers'], 'AuthorizationConfiguration');
  const authorizers = (document['authorizers'] ?? []) as readonly Fields[];
  const errors: FieldError[] = [];
  if (authorizers.length === 0)
    errors.push(required('authorizers', 'at least one authorization mode must be defined'));
  const types = new Set<unknown>();
  const names = new Set<unknown>();
  authorizers.forEach((authorizer, i) => {
    const field = `authorizers[${i}]`;
    unknownFields(authorizer, ['type', 'name', 'webhook'], field);
    const { type, name, webhook } = authorizer;
    if (type === undefined || type === '') errors.push(required(`${field}.type`));
    else if (!KINDS.some((kind) => kind === type))
      errors.push(notSupported(`${field}.type`, type, KINDS));
    else if (type !== 'Webhook' && types.has(type)) errors.push(duplicate(`${field}.type`, type));
    types.add(type);
    if (name === undefined || name === '') errors.push(required(`${field}.name`));
    else if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    if (type === 'Webhook') {
      if (webhook === undefined)
        errors.push(required(`${field}.webhook`, 'required when type=Webhook'));
      else errors.push(...validateWebhook(webhook as Fields, `${field}.webhook`));
    } else if (webhook !== undefined)
      errors.push(
        invalid(`${field}.webhook`, 'non-null', 'may only be specified when type=Webhook'),
      );
  });
  refuseErrors(errors);
  return authorizers.map(({ type, webhook }) =>
    type === 'Webhook'
      ? webhookSettings(webhook as Fields)
      : ({ type } as Exclude<AuthorizerSettings, WebhookSettings>),
  );
}

function oneOf(value: unknown, field: string, values: readonly string[]): FieldError[] {
  if (value === undefined || value === '') return [required(field)];
  return typeof value === 'string' && values.includes(value)
    ? []
    : [notSupported(field, value, values)];
}

function validateDuration(value: unknown, field: string, isTimeout = false): FieldError[] {
  if (value === undefined) return isTimeout ? [required(field)] : [];
  const ms = typeof value === 'string' ? parseGoDuration(value) : undefined;
  if (ms === undefined || ms <= 0) return [invalid(field, value, 'must be > 0s')];
  return isTimeout && ms > MAX_TIMEOUT_MS ? [invalid(field, value, 'must be <= 30s')] : [];
}

function validateWebhook(webhook: Fields, field: string): FieldError[] {
  unknownFields(webhook, WEBHOOK_FIELDS, field);
  const connection = (webhook['connectionInfo'] ?? {}) as Fields;
  const conditions = (webhook['matchConditions'] ?? []) as readonly { expression?: string }[];
  const versions = ['v1', 'v1beta1'];
  const kinds = ['KubeConfigFile'];
  const { kubeConfigFile } = connection;
  const errors = [
    ...validateDuration(webhook['timeout'], `${field}.timeout`, true),
    ...validateDuration(webhook['authorizedTTL'], `${field}.authorizedTTL`),
    ...validateDuration(webhook['unauthorizedTTL'], `${field}.unauthorizedTTL`),
    ...oneOf(
      webhook['subjectAccessReviewVersion'],
      `${field}.subjectAccessReviewVersion`,
      versions,
    ),
    ...oneOf(webhook['failurePolicy'], `${field}.failurePolicy`, ['NoOpinion', 'Deny']),
    ...oneOf(connection['type'], `${field}.connectionInfo.type`, kinds),
  ];
  if (typeof kubeConfigFile !== 'string' || kubeConfigFile === '')
    errors.push(required(`${field}.connectionInfo.kubeConfigFile`));
  else if (!kubeConfigFile.startsWith('/'))
    errors.push(
      invalid(`${field}.connectionInfo.kubeConfigFile`, kubeConfigFile, 'must be an absolute path'),
    );
  const version = 'matchConditionSubjectAccessReviewVersion';
  if (conditions.length > 0) errors.push(...oneOf(webhook[version], `${field}.${version}`, ['v1']));
  conditions.forEach(({ expression = '' }, i) => {
    errors.push(...validateCondition(expression, `${field}.matchConditions[${i}].expression`));
  });
  return errors;
}

function validateCondition(expression: string, field: string): FieldError[] {
  if (expression.trim() === '') return [required(field)];
  try {
    compileCondition(expression);
    return [];
  } catch (error) {
    if (error instanceof CelCompileError)
      return [invalid(field, expression, `compilation failed: ${error.message}`)];
    throw error;
  }
}

function webhookSettings(webhook: Fields): WebhookSettings {
  const ms = (name: string, otherwise: number): number => {
    const given = webhook[name];
    return typeof given === 'string' ? (parseGoDuration(given) ?? otherwise) : otherwise;
  };
  const cached = (name: string): boolean => webhook[name] !== false;
  const { kubeConfigFile } = webhook['connectionInfo'] as { kubeConfigFile: string };
  const conditions = (webhook['matchConditions'] ?? []) as readonly { expression: string }[];
  return {
    type: 'Webhook',
    kubeConfigFile,
    version: webhook['subjectAccessReviewVersion'] as 'v1' | 'v1beta1',
    authorizedTtlMs: cached('cacheAuthorizedRequests') ? ms('authorizedTTL', 300_000) : 0,
    unauthorizedTtlMs: cached('cacheUnauthorizedRequests') ? ms('unauthorizedTTL', 30_000) : 0,
    timeoutMs: ms('timeout', MAX_TIMEOUT_MS),
    failurePolicy: webhook['failurePolicy'] as 'NoOpinion' | 'Deny',
    matchConditions: conditions.map(({ expression }) => expression),
  };
}
