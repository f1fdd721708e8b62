import { type FieldError, invalid } from '../../../api/field-errors.ts';
import { configMaps } from '../../../api/resources.ts';
import type { ConfigMap } from '../../../api/types/core-v1.ts';
import { byteLength } from '../../../api/validation/names.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { age, ageColumn, column, nameColumn } from './cells.ts';
import { base64Bytes, sizeError, validateImmutable, validateKeys } from './data.ts';

function validate({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...validateKeys('data', [key]));
    if (Object.hasOwn(binaryData, key)) {
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    size += byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...validateKeys('binaryData', [key]));
    size += base64Bytes(value);
  }
  return [...errors, ...sizeError('[]', size)];
}

export const configMap = {
  type: configMaps,
  singular: 'configmap',
  shortNames: ['cm'],

  validate: (object, old) => [
    ...validateImmutable(object, old, ['data', 'binaryData']),
    ...validate(object),
  ],

  printer: {
    columns: [nameColumn, column('Data'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length,
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<ConfigMap>;
