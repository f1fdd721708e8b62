/** How Kubernetes' scheme, its table of Go types, tells of kinds that do not fit. */
import { apiVersionOf } from '../resource.ts';
import type { GroupVersionKind } from './table.ts';

export function unregistered(sent: GroupVersionKind): string {
  const [kind, version] = [sent.kind, apiVersionOf(sent)].map((text) => JSON.stringify(text));
  const scheme = '"pkg/runtime/scheme.go:110"';
  return `no kind ${kind} is registered for version ${version} in scheme ${scheme}`;
}

export function unconvertible(sent: GroupVersionKind, kind: GroupVersionKind): string {
  const from = `${sent.version}.${sent.kind}`;
  const to = `${internalPackage(kind)}.${kind.kind}`;
  return `converting (${from}) to (${to}): unknown conversion`;
}

/** Where Kubernetes keeps the types that all versions of a group are converted to. */
export function internalPackage({ group }: { readonly group: string }): string {
  const first = group.split('.')[0]!;
  return first === '' || first === 'events' ? 'core' : first;
}
