/**
 * The schema of a custom resource may have been another when a set was written: who owned parts of
 * what is owned whole by now owns the whole.
 */
import { type FieldSet, hasBelow, type MutableFieldSet, NOTHING_BELOW } from './field-set.ts';
import { type MergeType, type StructMergeType, typeAtElement } from './merge-type.ts';

const settled = new WeakMap<StructMergeType, WeakMap<FieldSet, FieldSet>>();

/** `set` itself if it is as the type wants it; sets are not looked at twice. */
export function withAtoms(type: StructMergeType, set: FieldSet): FieldSet {
  let known = settled.get(type);
  if (known === undefined) settled.set(type, (known = new WeakMap()));
  let result = known.get(set);
  if (result === undefined) known.set(set, (result = atoms(type, set)));
  return result;
}

function atoms(type: MergeType | undefined, set: FieldSet): FieldSet {
  let result: MutableFieldSet | undefined;
  for (const [element, node] of Object.entries(set)) {
    if (!hasBelow(node)) continue;
    const child = typeAtElement(type, element);
    const now = isAtomic(child) ? NOTHING_BELOW : atoms(child, node);
    if (now !== node) (result ??= { ...set })[element] = now;
  }
  return result ?? set;
}

function isAtomic(type: MergeType | undefined): boolean {
  switch (type?.shape) {
    case 'list':
      return type.relation === 'atomic';
    case 'map':
    case 'struct':
      return type.atomic;
    default:
      return false;
  }
}
