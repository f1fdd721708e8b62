/** Flags about who else decides what users may do: kube-apiserver's names and defaults. */
import { type Command, Option } from 'commander';
import { keepingFlag } from './flag-values.ts';

export interface AccessWebhookFlags {
  readonly authorizationConfig?: string;
  readonly authorizationPolicyFile?: string;
  readonly authorizationWebhookConfigFile?: string;
  readonly authorizationWebhookVersion: 'v1' | 'v1beta1';
  /** Milliseconds. */
  readonly authorizationWebhookCacheAuthorizedTtl: number;
  readonly authorizationWebhookCacheUnauthorizedTtl: number;
}

export function addAccessWebhookFlags(command: Command): Command {
  return command
    .option('--authorization-config <file>', 'who decides, in place of --authorization-mode')
    .option('--authorization-policy-file <file>', 'the rules of mode ABAC, one in JSON a line')
    .option('--authorization-webhook-config-file <file>', 'kubeconfig of mode Webhook')
    .addOption(
      new Option('--authorization-webhook-version <version>', 'of the SubjectAccessReview sent')
        .choices(['v1', 'v1beta1'])
        .default('v1beta1'),
    )
    .addOption(
      keepingFlag(
        '--authorization-webhook-cache-authorized-ttl <duration>',
        "how long the webhook's yes holds",
        '5m',
      ),
    )
    .addOption(
      keepingFlag(
        '--authorization-webhook-cache-unauthorized-ttl <duration>',
        "how long the webhook's no holds",
        '30s',
      ),
    );
}
