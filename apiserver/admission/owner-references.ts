import { deepEqual } from '../../api/deep.ts';
import type { OwnerReference } from '../../api/meta.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';
import type { Lookups } from './lookups.ts';

/** Where Kubernetes prints the authorizer's reason and its error, of which there are none. */
const NO_REASON = ', <nil>';

export type OwnerLookups = Pick<Lookups, 'mayAccess' | 'resourcesOf'>;

/**
 * To give an object an owner is to have it deleted some day: that takes the right to delete it.
 * To make an owner wait for it takes the right to change the owner's finalizers.
 */
export class OwnerReferencesPermissionEnforcement implements AdmissionPlugin {
  readonly name = 'OwnerReferencesPermissionEnforcement';
  readonly #lookups: OwnerLookups;

  constructor(lookups: OwnerLookups) {
    this.#lookups = lookups;
  }

  /** The status of a pod cannot change its owners, and old kubelets send none. */
  handles({ operation, type, subresource }: AdmissionAttributes): boolean {
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
    return !(type.group === '' && type.resource === 'pods' && subresource === 'status');
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const { object, oldObject, type, subresource, namespace, name, user } = attributes;
    const owners = object?.metadata.ownerReferences ?? [];
    const before = oldObject?.metadata.ownerReferences ?? [];
    if (owners.length === before.length && deepEqual(owners, before)) return;
    const { group, resource } = type;
    const access = { verb: 'delete', group, resource, subresource, namespace, name };
    if (!(await this.#lookups.mayAccess(user, access)))
      throw admissionForbidden(
        attributes,
        `cannot set an ownerRef on a resource you can't delete: ${NO_REASON}`,
      );
    for (const owner of newlyBlocking(owners, before)) await this.#checkOwner(attributes, owner);
  }

  async #checkOwner(attributes: AdmissionAttributes, owner: OwnerReference): Promise<void> {
    const { apiVersion, kind, name } = owner;
    const found = this.#lookups.resourcesOf(apiVersion, kind);
    if (found.length === 0)
      throw admissionForbidden(
        attributes,
        'cannot set blockOwnerDeletion in this case because cannot find RESTMapping for ' +
          `APIVersion ${apiVersion} Kind ${kind}: ` +
          `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`,
      );
    for (const { group, resource, namespaced } of found) {
      const namespace = namespaced ? attributes.namespace : '';
      const where = { group, resource, subresource: 'finalizers', namespace, name };
      if (await this.#lookups.mayAccess(attributes.user, { verb: 'update', ...where })) continue;
      throw admissionForbidden(
        attributes,
        'cannot set blockOwnerDeletion if an ownerReference refers to a resource ' +
          `you can't set finalizers on: ${NO_REASON}`,
      );
    }
  }
}

function newlyBlocking(
  owners: readonly OwnerReference[],
  before: readonly OwnerReference[],
): readonly OwnerReference[] {
  const blocked = new Set(
    before.filter(({ blockOwnerDeletion }) => blockOwnerDeletion).map(({ uid }) => uid),
  );
  return owners.filter(({ blockOwnerDeletion, uid }) => blockOwnerDeletion && !blocked.has(uid));
}
