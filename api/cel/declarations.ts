import type { Overload } from './overloads.ts';
import type { CelType, ObjectType } from './types.ts';

/** What the names in an expression mean. */
export interface Declarations {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  /** Types of object literals. */
  readonly structs?: ((name: string) => (CelType & ObjectType) | undefined) | undefined;
}
