import type {
  ClusterRoleBinding,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../../api/types/rbac-v1.ts';
import type { User } from '../../authn/user.ts';
import type { ObjectFollower } from '../object-source.ts';
import { subjectText } from './describe.ts';

type Binding = RoleBinding | ClusterRoleBinding;

/** One subject of one binding. */
export interface Grant {
  readonly binding: Binding;
  readonly roleRef: RoleRef;
  readonly subject: Subject;
}

/**
 * Bindings by whom they name, so that a decision looks only at those of the user and of their
 * groups however many there are.
 */
export class BindingIndex implements ObjectFollower<Binding> {
  /** Subject → binding → grant. A subject of a role binding is looked for in its namespace. */
  #bySubject = new Map<string, Map<string, Grant>>();

  reset(bindings: Iterable<Binding>): void {
    this.#bySubject = new Map();
    for (const binding of bindings) this.changed(undefined, binding);
  }

  changed(previous: Binding | undefined, current: Binding | undefined): void {
    for (const subject of previous?.subjects ?? []) this.#remove(previous!, subject);
    // Of several subjects that mean the same the first one counts.
    for (const subject of [...(current?.subjects ?? [])].reverse()) this.#add(current!, subject);
  }

  /** Of a namespace, or with "" those of cluster role bindings. */
  *grants(user: User, namespace: string): Generator<Grant> {
    const own = this.#bySubject.get(`${namespace}\0u${user.name}`);
    if (own !== undefined) yield* own.values();
    for (const group of user.groups) {
      const shared = this.#bySubject.get(`${namespace}\0g${group}`);
      if (shared !== undefined) yield* shared.values();
    }
  }

  #add(binding: Binding, subject: Subject): void {
    const key = keyOf(binding, subject);
    if (key === undefined) return;
    let grants = this.#bySubject.get(key);
    if (grants === undefined) {
      grants = new Map();
      this.#bySubject.set(key, grants);
    }
    grants.set(binding.metadata.name!, { binding, roleRef: binding.roleRef, subject });
  }

  #remove(binding: Binding, subject: Subject): void {
    const key = keyOf(binding, subject);
    const grants = key === undefined ? undefined : this.#bySubject.get(key);
    grants?.delete(binding.metadata.name!);
    if (grants?.size === 0) this.#bySubject.delete(key!);
  }
}

function keyOf({ metadata }: Binding, subject: Subject): string | undefined {
  const scope = metadata.namespace ?? '';
  switch (subject.kind) {
    case 'User':
      return `${scope}\0u${subject.name}`;
    case 'Group':
      return `${scope}\0g${subject.name}`;
    case 'ServiceAccount': {
      const namespace = subject.namespace || scope;
      if (namespace === '') return undefined;
      return `${scope}\0usystem:serviceaccount:${namespace}:${subject.name}`;
    }
    default:
      return undefined;
  }
}

/** RoleBinding "name/namespace" of ClusterRole "view" to Group "devs" */
export function grantText({ binding, roleRef, subject }: Grant): string {
  const { name = '', namespace } = binding.metadata;
  const of =
    namespace === undefined
      ? `ClusterRoleBinding ${JSON.stringify(name)}`
      : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
  const role = `${roleRef.kind} ${JSON.stringify(roleRef.name)}`;
  return `${of} of ${role} to ${subjectText(subject, namespace ?? '')}`;
}
