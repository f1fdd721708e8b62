import { type FieldError, invalid, invalidError } from '../../../api/field-errors.ts';
import type { Mutable } from '../../../api/meta.ts';
import { serviceAccounts } from '../../../api/resources.ts';
import { statusError } from '../../../api/status.ts';
import { formatTime } from '../../../api/time.ts';
import type { TokenRequest } from '../../../api/types/authentication-v1.ts';
import type { ServiceAccount } from '../../../api/types/core-v1.ts';
import type { ResourceDeclaration, Subresource } from '../declaration.ts';
import { conflictError } from '../errors.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';

const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const DEFAULT_SECONDS = 3_600;

function validateSeconds(seconds: number): FieldError[] {
  const field = 'spec.expirationSeconds';
  if (seconds < MIN_SECONDS)
    return [invalid(field, seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds > MAX_SECONDS)
    return [invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')];
  return [];
}

const tokenRequestType = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
} as const;

/** Of the audit log's annotations. */
const ISSUED = 'authentication.kubernetes.io/issued-credential-id';

/** A token that the account's holder proves itself with (KEP-1205). */
const token: Subresource<ServiceAccount> = {
  name: 'token',
  verbs: ['create'],
  kind: tokenRequestType,
  write: (_sent, parent) => parent as Mutable<ServiceAccount>,
  async answers(sent, account, asked) {
    const request = sent as TokenRequest;
    const { expirationSeconds = DEFAULT_SECONDS } = request.spec ?? {};
    const errors = validateSeconds(expirationSeconds);
    const { group, kind } = tokenRequestType;
    const { name: own = '', uid = '' } = account.metadata;
    const { name, uid: sentUid } = request.metadata ?? {};
    if (name && name !== own) {
      const detail = 'must match the service account name if specified';
      throw invalidError({ group, kind }, own, [invalid('metadata.name', name, detail)]);
    }
    if (sentUid && sentUid !== uid) {
      const why =
        `the UID in the token request (${sentUid}) does not match the UID of the ` +
        `service account (${uid})`;
      throw conflictError({ group, resource: kind }, own, why);
    }
    if (errors.length > 0) throw invalidError({ group, kind }, '', errors);
    const issued = await asked.control.issueToken(account, { ...request.spec, expirationSeconds });
    if (issued === undefined) {
      throw statusError('NotFound', 'the server could not find the requested resource', {});
    }
    const { token: text, expirationTimestamp, warning } = issued;
    if (warning !== undefined) asked.warn(warning);
    const { audiences, expirationSeconds: seconds, id } = issued;
    asked.annotate(ISSUED, `JTI=${id}`);
    return {
      ...request,
      metadata: { ...request.metadata, uid, creationTimestamp: formatTime(asked.nowMs) },
      spec: {
        boundObjectRef: null,
        ...request.spec,
        audiences,
        expirationSeconds: seconds,
      },
      status: { token: text, expirationTimestamp },
    };
  },
};

const MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets';

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
  warnings({ metadata }, old) {
    const isNew = old?.metadata.annotations?.[MOUNTABLE] === undefined;
    if (!isNew || metadata.annotations?.[MOUNTABLE] === undefined) return [];
    const said = 'prefer separate namespaces to isolate access to mounted secrets';
    return [`metadata.annotations[${MOUNTABLE}]: deprecated in v1.32+; ${said}`];
  },
  subresources: [token],
  printer: {
    columns: [nameColumn, column('Secrets'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.secrets?.length ?? 0,
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<ServiceAccount>;
