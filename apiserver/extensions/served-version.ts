import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';
import type { VersionSchema } from './version-schema.ts';

/** One version of a custom resource as it is served. */
export interface ServedVersion {
  readonly declaration: ResourceDeclaration;
  readonly schema: VersionSchema;
  /** Changes with everything that a document about it says. */
  readonly identity: string;
}

export function kindKey({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`;
}
