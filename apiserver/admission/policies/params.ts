/** Parameters of a binding: the objects that its paramRef names. */
import type { KubernetesObject } from '../../../api/meta.ts';
import { labelRequirements, matchesLabels } from '../../../api/selector/label.ts';
import type { ParamKind, ParamRef } from '../../../api/types/admissionregistration-v1.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { Lookup, Lookups } from '../lookups.ts';

/** The policy cannot be asked as it is configured. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** [null] where there are none to be; empty: the binding has nothing to say. */
export async function paramsOf(
  of: { readonly paramKind: ParamKind | undefined; readonly paramRef: ParamRef | undefined },
  attributes: AdmissionAttributes,
  lookups: Pick<Lookups, 'params' | 'versions'>,
): Promise<readonly (KubernetesObject | null)[]> {
  const { paramKind, paramRef } = of;
  if (paramKind === undefined || paramRef === undefined) return [null];
  const { apiVersion = '', kind = '' } = paramKind;
  const type = lookups.versions.ofKind(apiVersion, kind);
  const objects = type && lookups.params(type);
  if (type === undefined || objects === undefined)
    throw new ConfigurationError(
      `failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`,
    );
  const namespace = namespaceOf(paramRef, attributes, type.namespaced);
  const found = await namedBy(paramRef, objects, namespace);
  if (found.length > 0 || paramRef.parameterNotFoundAction === 'Allow') return found;
  throw new ConfigurationError(
    'no params found for policy binding with `Deny` parameterNotFoundAction',
  );
}

function namespaceOf(
  { namespace }: ParamRef,
  attributes: AdmissionAttributes,
  namespaced: boolean,
): string {
  if (!namespaced) {
    if (!namespace) return '';
    throw new ConfigurationError(
      'paramRef.namespace must not be provided for a cluster-scoped `paramKind`',
    );
  }
  const used = namespace || attributes.namespace;
  if (used !== '') return used;
  throw new ConfigurationError(
    'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
  );
}

async function namedBy(
  { name, selector }: ParamRef,
  objects: Lookup<KubernetesObject>,
  namespace: string,
): Promise<readonly KubernetesObject[]> {
  if (name) {
    const found = await objects.named(namespace, name);
    return found === undefined ? [] : [found];
  }
  const requirements = labelRequirements(selector ?? {});
  const known = await objects.known(namespace);
  return known.filter(({ metadata }) => matchesLabels(requirements, metadata.labels));
}
