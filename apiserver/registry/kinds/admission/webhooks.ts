import type { Mutable } from '../../../../api/meta.ts';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../../../api/types/admissionregistration-v1.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn } from '../cells.ts';
import { validateWebhooks } from './webhook-validation.ts';

const TIMEOUT_SECONDS = 10;

function defaultWebhook(webhook: Mutable<ValidatingWebhook | MutatingWebhook>): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= TIMEOUT_SECONDS;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
  const { service } = webhook.clientConfig ?? {};
  if (service !== undefined) service.port ??= 443;
}

type Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration;

const printer: TablePrinter<Configuration> = {
  columns: [nameColumn, column('Webhooks', 'integer'), ageColumn],
  cells: (object, nowMs) => [
    object.metadata.name ?? '',
    object.webhooks?.length ?? 0,
    age(object, nowMs),
  ],
};

const GROUP = 'admissionregistration.k8s.io';

export const validatingWebhookConfiguration = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    namespaced: false,
  },
  singular: 'validatingwebhookconfiguration',
  categories: ['api-extensions'],
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  applyDefaults: ({ webhooks }) => webhooks?.forEach(defaultWebhook),
  validate: ({ webhooks }) => validateWebhooks(webhooks ?? []),
  printer,
} satisfies ResourceDeclaration<ValidatingWebhookConfiguration>;

export const mutatingWebhookConfiguration = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'mutatingwebhookconfigurations',
    kind: 'MutatingWebhookConfiguration',
    namespaced: false,
  },
  singular: 'mutatingwebhookconfiguration',
  categories: ['api-extensions'],
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  applyDefaults({ webhooks }) {
    for (const webhook of webhooks ?? []) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks ?? []),
  printer,
} satisfies ResourceDeclaration<MutatingWebhookConfiguration>;
