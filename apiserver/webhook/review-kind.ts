import type { GroupVersionKind } from '../../api/schema/table.ts';
import { unregistered } from '../../api/schema/scheme-words.ts';
import { WebhookCallError } from './webhook-client.ts';

/** Versions in which reviews of admission and of conversion are known. */
export const REVIEW_VERSIONS: readonly string[] = ['v1', 'v1beta1'];

/**
 * Kubernetes cannot read a review of another kind than it asked for: WebhookCallError. False: the
 * answer does not say of which it is.
 */
export function saysItsKind(
  answer: Readonly<Record<string, unknown>>,
  asked: GroupVersionKind,
): boolean {
  const [apiVersion, kind] = [textOf(answer['apiVersion']), textOf(answer['kind'])];
  if (apiVersion === '' && kind === '') return false;
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  if (group !== asked.group || !REVIEW_VERSIONS.includes(version) || kind !== asked.kind)
    throw new WebhookCallError(unregistered({ group, version, kind }));
  if (version === asked.version) return true;
  const [from, to] = [version, asked.version].map((each) => `(${each}.${asked.kind})`);
  throw new WebhookCallError(`converting ${from} to ${to}: unknown conversion`);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
