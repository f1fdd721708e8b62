/** Discovery as it was before aggregation: one document for the groups, one per version. */
import { apiVersionOf } from '../../api/resource.ts';
import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { ServedGroup, ServedResource, ServedVersion } from './served.ts';

const sameVersion = (a: GroupVersionKind, b: ServedVersion): boolean =>
  a.group === b.group && a.version === b.version;

/** Of a text, "sha256:…" in hexadecimal digits. */
export type Fingerprint = (text: string) => string;

const HASH_DIGITS = 16;

/** Tells a client that migrates stored objects whether that is needed; equal in kube-apiserver. */
function storageVersionHash(
  { stored }: ServedResource,
  fingerprint: Fingerprint | undefined,
): { storageVersionHash?: string } {
  if (stored === undefined || fingerprint === undefined) return {};
  const { group, version, kind } = stored;
  const [, digits = ''] = fingerprint(`${group}/${version}/${kind}`).split(':');
  const hash = Buffer.from(digits.slice(0, HASH_DIGITS), 'hex');
  return { storageVersionHash: hash.toString('base64') };
}

function apiResources(
  resource: ServedResource,
  of: ServedVersion,
  fingerprint: Fingerprint | undefined,
): object[] {
  const { name, namespaced, shortNames, categories } = resource;
  const main = {
    name,
    singularName: resource.singular,
    namespaced,
    kind: resource.kind.kind,
    verbs: resource.verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...storageVersionHash(resource, fingerprint),
  };
  const subresources = resource.subresources.map((sub) => ({
    name: `${name}/${sub.name}`,
    singularName: '',
    namespaced,
    ...(sameVersion(sub.kind, of) ? {} : { group: sub.kind.group, version: sub.kind.version }),
    kind: sub.kind.kind,
    verbs: sub.verbs,
  }));
  return [main, ...subresources];
}

/** GET /api/v1, /apis/apps/v1 */
export function apiResourceList(version: ServedVersion, fingerprint?: Fingerprint): object {
  return {
    kind: 'APIResourceList',
    ...(version.group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(version),
    resources: version.resources.flatMap((resource) =>
      apiResources(resource, version, fingerprint),
    ),
  };
}

function apiGroup(group: ServedGroup): object {
  const versions = group.versions.map((version) => ({
    groupVersion: apiVersionOf(version),
    version: version.version,
  }));
  return { name: group.name, versions, preferredVersion: versions[0] };
}

/** GET /apis/apps */
export function apiGroupDocument(group: ServedGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) };
}

/** GET /apis */
export function apiGroupList(groups: readonly ServedGroup[]): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(apiGroup) };
}

/** GET /api */
export function apiVersions(core: ServedGroup | undefined, serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: core?.versions.map((version) => version.version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}
