import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
} from '../../../api/types/rbac-v1.ts';
import type { User } from '../../authn/user.ts';
import { type Attributes, type Authorizer, type Decision, noOpinion } from '../authorizer.ts';
import type { Rules } from '../authorizer.ts';
import type { ObjectSource } from '../object-source.ts';
import { BindingIndex, type Grant, grantText } from './binding-index.ts';
import { ruleAllows } from './rule.ts';

export interface RbacObjects {
  readonly roles: ObjectSource<Role>;
  readonly roleBindings: ObjectSource<RoleBinding>;
  readonly clusterRoles: ObjectSource<ClusterRole>;
  readonly clusterRoleBindings: ObjectSource<ClusterRoleBinding>;
}

const GROUP = 'rbac.authorization.k8s.io';
const NO_RULES: readonly PolicyRule[] = [];

/** A binding names a role that is not there. */
export class MissingRole extends Error {
  override readonly name = 'MissingRole';
}

/** Role-based access control: rules only ever add up, so the first that allows decides. */
export class RbacAuthorizer implements Authorizer {
  readonly #objects: RbacObjects;
  readonly #bindings = new BindingIndex();
  readonly #clusterBindings = new BindingIndex();

  constructor(objects: RbacObjects) {
    this.#objects = objects;
    objects.roleBindings.follow(this.#bindings);
    objects.clusterRoleBindings.follow(this.#clusterBindings);
  }

  authorize(user: User, attributes: Attributes): Decision | Promise<Decision> {
    const synced = this.#synced();
    if (synced !== undefined) return synced.then(() => this.#decide(user, attributes));
    return this.#decide(user, attributes);
  }

  async rulesFor(user: User, namespace: string): Promise<Rules> {
    await this.#synced();
    const rules: PolicyRule[] = [];
    const errors = new Set<string>();
    const seen = new Set<unknown>();
    for (const grant of this.#grants(user, namespace)) {
      if (seen.has(grant.binding)) continue;
      seen.add(grant.binding);
      try {
        rules.push(...this.rulesOf(grant.roleRef, grant.binding.metadata.namespace ?? ''));
      } catch (error) {
        if (!(error instanceof MissingRole)) throw error;
        errors.add(error.message);
      }
    }
    return { rules, incomplete: false, errors: [...errors] };
  }

  /** Throws an Error that says which role is missing. */
  rulesOf({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] {
    const role =
      kind === 'ClusterRole'
        ? this.#objects.clusterRoles.get('', name)
        : this.#objects.roles.get(namespace, name);
    if (role !== undefined) return role.rules ?? NO_RULES;
    throw new MissingRole(`${kind.toLowerCase()}.${GROUP} ${JSON.stringify(name)} not found`);
  }

  /** Who was just given a right by this server may use it at once. */
  #synced(): Promise<unknown> | undefined {
    const { roles, roleBindings, clusterRoles, clusterRoleBindings } = this.#objects;
    let waits: Promise<void>[] | undefined;
    for (const source of [clusterRoleBindings, roleBindings, clusterRoles, roles]) {
      const synced = source.synced();
      if (synced !== undefined) (waits ??= []).push(synced);
    }
    return waits && Promise.all(waits);
  }

  #decide(user: User, attributes: Attributes): Decision {
    const namespace = attributes.type === 'resource' ? attributes.namespace : '';
    let errors: Set<string> | undefined;
    for (const grant of this.#grants(user, namespace)) {
      try {
        const rules = this.rulesOf(grant.roleRef, grant.binding.metadata.namespace ?? '');
        if (rules.some((rule) => ruleAllows(rule, attributes))) return new Allowed(grant);
      } catch (error) {
        if (!(error instanceof MissingRole)) throw error;
        (errors ??= new Set()).add(error.message);
      }
    }
    if (errors === undefined) return noOpinion;
    const texts = [...errors];
    const reason = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
    return { allowed: false, reason: `RBAC: ${reason}` };
  }

  *#grants(user: User, namespace: string): Generator<Grant> {
    yield* this.#clusterBindings.grants(user, '');
    if (namespace !== '') yield* this.#bindings.grants(user, namespace);
  }
}

/** Says why only if somebody asks: a review, the audit log. */
class Allowed {
  readonly allowed = true;
  readonly #grant: Grant;

  constructor(grant: Grant) {
    this.#grant = grant;
  }

  get reason(): string {
    return `RBAC: allowed by ${grantText(this.#grant)}`;
  }
}
