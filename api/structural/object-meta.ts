import { deepCopy, isObject } from '../deep.ts';
import { StructuralDecoder } from '../schema/structural-decoder.ts';
import { definitionNamed } from '../schema/table.ts';
import { takenAsItIs } from '../schema/validators.ts';

export interface DecodedMetadata {
  readonly metadata: Record<string, unknown>;
  /** Below the metadata: "labels.app". */
  readonly unknown: readonly string[];
}

/** Metadata as every kind has them, in a fresh value. Throws DecodingError for a wrong type. */
export function decodeObjectMeta(value: unknown): DecodedMetadata {
  if (!isObject(value)) return { metadata: {}, unknown: [] };
  const definition = definitionNamed('meta-v1', 'ObjectMeta')!;
  if (takenAsItIs(definition, value)) return { metadata: deepCopy(value), unknown: [] };
  const decoder = new StructuralDecoder();
  const metadata = decoder.decode(definition, value);
  return { metadata, unknown: decoder.unknownFields };
}
