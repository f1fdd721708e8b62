/** Devices in use by others are looked into only from namespaces that may: their label says so. */
import { forbidden, invalidError } from '../../../../api/field-errors.ts';
import type { ResourceType } from '../../../../api/resource.ts';
import { namespaces } from '../../../../api/resources.ts';
import type { WriteAccess } from '../../declaration.ts';

const LABEL = 'resource.kubernetes.io/admin-access';

type MayAsk = { readonly adminAccess?: boolean } | undefined;

/** The place of the first that asks for it. */
export const asksAdminAccess = (of: readonly MayAsk[], field: string): string | undefined => {
  const i = of.findIndex((each) => each?.adminAccess === true);
  return i < 0 ? undefined : `${field}[${i}].adminAccess`;
};

/** Rejects with StatusError (422) where the namespace has no such label. */
export async function permitAdminAccess(
  type: ResourceType,
  of: { readonly name: string; readonly field: string | undefined },
  { namespace, others }: WriteAccess,
): Promise<void> {
  const { name, field } = of;
  if (field === undefined) return;
  const all = await others.list(namespaces, '');
  const found = all.find(({ metadata }) => metadata.name === namespace);
  if (found?.metadata.labels?.[LABEL] === 'true') return;
  const label = `\`${LABEL}: true\` label on the containing namespace`;
  const detail = `admin access to devices requires the ${label}`;
  throw invalidError(type, name, [forbidden(field, detail)]);
}
