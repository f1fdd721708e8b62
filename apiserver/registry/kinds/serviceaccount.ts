import type { Mutable } from '../../../api/meta.ts';
import { serviceAccounts } from '../../../api/resources.ts';
import type { ServiceAccount } from '../../../api/types/core-v1.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';

/** A secret is referred to by name alone: it is always in the account's own namespace. */
function nameSecretsOnly(account: Mutable<ServiceAccount>): void {
  if (!account.secrets) return;
  account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}

export const serviceAccount = {
  type: serviceAccounts,
  singular: 'serviceaccount',
  shortNames: ['sa'],
  returnsDeletedObject: true,
  prepareForCreate: nameSecretsOnly,
  prepareForUpdate: nameSecretsOnly,
  printer: {
    columns: [nameColumn, column('Secrets'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.secrets?.length ?? 0,
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<ServiceAccount>;
