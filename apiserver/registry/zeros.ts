/**
 * Objects are stored, and shown, with the zeros that Go writes. Those who judge and complete them
 * see absent lists, pointers and times as absent: null is nothing that a client can mean.
 */
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { type Definition, definitionOf } from '../../api/schema/table.ts';
import { inZeroForm, type ZeroForm } from '../../api/schema/zeros.ts';
import type { ResourceDeclaration } from './declaration.ts';

const definitions = new WeakMap<ResourceDeclaration, Definition | 'none'>();

function inForm<T extends KubernetesObject>(
  declaration: ResourceDeclaration,
  object: T,
  form: ZeroForm,
): T {
  let definition = definitions.get(declaration);
  if (definition === undefined) {
    const known = declaration.structure === undefined ? definitionOf(declaration.type) : undefined;
    definitions.set(declaration, (definition = known ?? 'none'));
  }
  return definition === 'none' ? object : inZeroForm(definition, object, form);
}

/** As it is to be stored. */
export function asWritten(declaration: ResourceDeclaration, object: Mutable<KubernetesObject>) {
  const { structure, hasStatus } = declaration;
  // Who creates brings no status, and who reads finds that of the schema.
  if (structure !== undefined && hasStatus && !('status' in object))
    declaration.applyDefaults?.(object);
  return inForm(declaration, object, 'written');
}

/** With the structs and scalars that Go's types always have. */
export function withValues(declaration: ResourceDeclaration, object: Mutable<KubernetesObject>) {
  return inForm(declaration, object, 'values');
}

/** What is stored, without nulls. */
export function lean(declaration: ResourceDeclaration, stored: KubernetesObject) {
  return inForm(declaration, stored, 'lean');
}
