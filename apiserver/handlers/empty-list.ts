import { enveloped, listMessage } from '../../api/protobuf/envelope.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';
import type { Representation } from '../pipeline/accept.ts';
import { partialKind } from './partial-metadata.ts';

interface EmptyList {
  readonly kind: GroupVersionKind;
  /** Go writes a list that nobody filled as null. */
  readonly items: readonly never[] | null;
}

/** Rows of a Table have the list of their objects: only metadata alone have one of their own. */
function emptyListOf(form: Representation, declaration: ResourceDeclaration): EmptyList {
  if (form.as === 'PartialObjectMetadata') {
    const kind = 'PartialObjectMetadataList';
    return { kind: { ...partialKind(form.version), kind }, items: [] };
  }
  const { type, listKind = `${type.kind}List` } = declaration;
  return { kind: { ...type, kind: listKind }, items: null };
}

export function emptyListJson(as: Representation, declaration: ResourceDeclaration): Uint8Array {
  const { kind, items } = emptyListOf(as, declaration);
  const list = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: {}, items };
  return Buffer.from(`${JSON.stringify(list)}\n`);
}

export function emptyListProtobuf(
  as: Representation,
  declaration: ResourceDeclaration,
): Uint8Array {
  return enveloped(emptyListOf(as, declaration).kind, listMessage({}, []));
}
