import { MalformedJson, parseJson } from '../../../api/json.ts';
import { type FieldError, invalid, required } from '../../../api/field-errors.ts';
import type { Mutable } from '../../../api/meta.ts';
import { secrets } from '../../../api/resources.ts';
import { ACCOUNT_NAME, TOKEN_TYPE } from '../../../api/token-secrets.ts';
import type { Secret } from '../../../api/types/core-v1.ts';
import { validateImmutable as unchanged } from '../../../api/validation/object-meta.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';
import { base64Bytes, sizeError, validateImmutable, validateKeys } from './data.ts';

const REDACTED = '<secret contents redacted>';

/** `stringData` is for writing only: it becomes part of `data`, over what is there. */
function foldStringData(secret: Mutable<Secret>): void {
  for (const [key, text] of Object.entries(secret.stringData ?? {})) {
    (secret.data ??= {})[key] = Buffer.from(text).toString('base64');
  }
  if (secret.stringData !== undefined) delete secret.stringData;
}

type Keys = Readonly<Record<string, string>>;

function needs(data: Keys, key: string): FieldError[] {
  return data[key] === undefined ? [required(`data[${key}]`)] : [];
}

/** A registry's credentials are JSON; what they say is never repeated. */
function needsJson(data: Keys, key: string): FieldError[] {
  const missing = needs(data, key);
  if (missing.length > 0) return missing;
  try {
    parseJson(Buffer.from(data[key]!, 'base64').toString());
    return [];
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
    return [invalid(`data[${key}]`, REDACTED, error.message)];
  }
}

/** What a type promises its readers. Types unknown to Kubernetes promise nothing. */
function validateType({ type, metadata, data = {} }: Secret): FieldError[] {
  switch (type) {
    case TOKEN_TYPE: {
      const named = metadata.annotations?.[ACCOUNT_NAME];
      return named ? [] : [required(`metadata.annotations[${ACCOUNT_NAME}]`)];
    }
    case 'kubernetes.io/dockercfg':
      return needsJson(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return needsJson(data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth': {
      const errors = [...needs(data, 'username'), ...needs(data, 'password')];
      return errors.length < 2 ? [] : errors;
    }
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')];
    case 'kubernetes.io/tls':
      return [...needs(data, 'tls.crt'), ...needs(data, 'tls.key')];
    default:
      return [];
  }
}

function validate(secret: Secret): FieldError[] {
  const data = Object.entries(secret.data ?? {});
  const bytes = data.reduce((sum, [, value]) => sum + base64Bytes(value), 0);
  return [
    ...validateKeys(
      'data',
      data.map(([key]) => key),
    ),
    ...sizeError('data', bytes),
    ...validateType(secret),
  ];
}

export const secret = {
  type: secrets,
  singular: 'secret',

  applyDefaults(object) {
    object.type ||= 'Opaque';
    foldStringData(object);
  },
  validate: (object, old) => [
    ...(old === undefined ? [] : unchanged(object.type, old.type, 'type')),
    ...validateImmutable(object, old, ['data']),
    ...validate(object),
  ],

  selectableFields: { type: ({ type }) => type ?? '' },
  printer: {
    columns: [nameColumn, column('Type'), column('Data'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.type ?? '',
      Object.keys(object.data ?? {}).length,
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<Secret>;
