/** The kinds that a policy's rules name. */
import { isStatus } from '../../api/status.ts';
import type { ValidatingAdmissionPolicy } from '../../api/types/admissionregistration-v1.ts';
import type { RestClient } from '../../client/rest.ts';

/** One rule is checked against this many kinds. */
const MAX_KINDS = 10;

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** "apps/v1, Kind=Deployment", "/v1, Kind=Pod" */
export const kindText = ({ group, version, kind }: Kind): string =>
  `${group}/${version}, Kind=${kind}`;

/** Resources as rules name them, without those that may be anything. */
function namedResources(policy: ValidatingAdmissionPolicy) {
  const rules = policy.spec?.matchConstraints?.resourceRules ?? [];
  return rules.map(({ apiGroups = [], apiVersions = [], resources = [] }) => {
    if ([...apiGroups, ...apiVersions].some((name) => name.includes('*'))) return [];
    const whole = resources.filter((name) => !/[*/]/.test(name)).sort();
    return [...apiGroups]
      .sort()
      .flatMap((group) =>
        [...apiVersions]
          .sort()
          .flatMap((version) => whole.map((resource) => ({ group, version, resource }))),
      );
  });
}

interface ResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly singularName: string;
    readonly kind: string;
  }[];
}

/** In order; a resource that is not served has none. */
export async function matchedKinds(
  policy: ValidatingAdmissionPolicy,
  client: RestClient,
): Promise<readonly Kind[]> {
  const lists = new Map<string, ResourceList | undefined>();
  const kinds = new Map<string, Kind>();
  for (const named of namedResources(policy)) {
    let count = 0;
    for (const { group, version, resource } of named) {
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      if (!lists.has(path)) lists.set(path, await resourcesAt(path, client));
      const found = lists
        .get(path)
        ?.resources.find((one) => one.name === resource || one.singularName === resource);
      if (found === undefined) continue;
      const kind = { group, version, kind: found.kind };
      kinds.set(kindText(kind), kind);
      if (++count === MAX_KINDS) return inOrder(kinds.values());
    }
  }
  return inOrder(kinds.values());
}

const inOrder = (kinds: Iterable<Kind>): readonly Kind[] =>
  [...kinds].sort((a, b) => {
    for (const part of ['group', 'version', 'kind'] as const)
      if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1;
    return 0;
  });

async function resourcesAt(path: string, client: RestClient): Promise<ResourceList | undefined> {
  try {
    return (await client.getPath(path)) as ResourceList;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}
