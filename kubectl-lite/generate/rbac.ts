/** create role, clusterrole, rolebinding, clusterrolebinding. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { AnyCommand } from '../command.ts';
import { list, text } from '../flags/flag.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { generatorCommand } from './generator.ts';
import { parsePairs } from './pairs.ts';

const none = { creationTimestamp: null as never };
const API_VERSION = 'rbac.authorization.k8s.io/v1';

interface RuleFlags {
  readonly resource: readonly string[];
  readonly 'resource-name': readonly string[];
  readonly verb: readonly string[];
}

/** One rule for each API group among the resources. */
async function rulesOf(session: Session, flags: RuleFlags): Promise<object[]> {
  if (flags.verb.length === 0) throw new UsageError('at least one verb must be specified');
  if (flags.resource.length === 0) {
    throw new UsageError('at least one resource must be specified');
  }
  for (const verb of flags.verb) {
    if (!resourceVerbs.includes(verb)) {
      session.complain(`Warning: '${verb}' is not a standard resource verb`);
    }
  }
  const served = await session.resources();
  const groups = new Map<string, string[]>();
  for (const given of flags.resource) {
    const [word = '', subresource] = given.split('/');
    const found = word === '*' ? { group: '*', resource: '*' } : served.lookUp(word);
    if (found === undefined) {
      const [name, ...group] = word.split('.').map((part) => part.toLowerCase());
      const inGroup = group.length > 0 ? ` in group ${JSON.stringify(group.join('.'))}` : '';
      const missing = `the server doesn't have a resource type ${JSON.stringify(name)}`;
      throw new UsageError(missing + inGroup, { bare: true });
    }
    const { group, resource } = found;
    const full = subresource === undefined ? resource : `${resource}/${subresource}`;
    groups.set(group, [...(groups.get(group) ?? []), full]);
  }
  const names = flags['resource-name'];
  return [...groups].map(([group, resources]) => ({
    apiGroups: [group],
    ...(names.length > 0 ? { resourceNames: names } : {}),
    resources,
    verbs: verbsOf(flags),
  }));
}

const resourceVerbs =
  '* get delete list create update patch watch proxy deletecollection use bind escalate impersonate'
    .split(' ')
    .concat('sign', 'approve', 'attest');
const pathVerbs = ['*', 'get', 'post', 'put', 'delete', 'patch', 'head', 'options'];

/** "*" stands for all others. */
const verbsOf = ({ verb }: { readonly verb: readonly string[] }): readonly string[] =>
  verb.includes('*') ? ['*'] : [...new Set(verb)];

interface ClusterRoleFlags extends RuleFlags {
  readonly 'aggregation-rule': string;
  readonly 'non-resource-url': readonly string[];
}

/** The rules of a cluster role may be of paths, or those of other roles. */
function pathRules(flags: ClusterRoleFlags): object[] {
  for (const url of flags['non-resource-url']) {
    if (url === '*') continue;
    if (!url.startsWith('/')) throw new UsageError('nonResourceURL should start with /');
    if (url.slice(0, -1).includes('*')) {
      throw new UsageError("nonResourceURL only supports wildcard matches when '*' is at the end");
    }
  }
  const unknown = flags.verb.find((verb) => !pathVerbs.includes(verb));
  if (unknown !== undefined) throw new UsageError(`invalid verb: '${unknown}' for nonResourceURL`);
  return [{ nonResourceURLs: flags['non-resource-url'], verbs: verbsOf(flags) }];
}

function aggregated(flags: ClusterRoleFlags): object {
  const others = [flags.resource, flags['resource-name'], flags.verb, flags['non-resource-url']];
  if (others.some((given) => given.length > 0)) {
    throw new UsageError(
      'aggregation rule must be specified without nonResourceURLs, verbs, resources or ' +
        'resourceNames',
    );
  }
  const matchLabels = parsePairs(flags['aggregation-rule'], 'aggregation rule');
  return { aggregationRule: { clusterRoleSelectors: [{ matchLabels }] }, rules: null };
}

const ruleFlags = {
  resource: list('Resources, as "deployments.apps/scale"'),
  'resource-name': list('Names of the objects'),
  verb: list('Verbs: get, list, watch, create, update, patch, delete, ...'),
} as const;

const USAGE = 'NAME --verb=verb --resource=resource.group/subresource [options]';

export const createRole = generatorCommand({
  usage: USAGE,
  flags: ruleFlags,
  namespaced: true,
  noun: null,
  generate: async ({ name, flags, session }) =>
    ({
      apiVersion: API_VERSION,
      kind: 'Role',
      metadata: { ...none, name },
      rules: await rulesOf(session, flags),
    }) as KubernetesObject,
});

export const createClusterRole = generatorCommand({
  usage: USAGE,
  flags: {
    ...ruleFlags,
    'aggregation-rule': text('Labels of the roles whose rules it has: key=value,...'),
    'non-resource-url': list('Paths that are no resources'),
  },
  namespaced: false,
  noun: null,
  async generate({ name, flags, session }) {
    const role = { apiVersion: API_VERSION, kind: 'ClusterRole', metadata: { ...none, name } };
    if (flags['aggregation-rule'] !== '') {
      return { ...aggregated(flags), ...role };
    }
    if (flags.verb.length === 0) throw new UsageError('at least one verb must be specified');
    const paths = flags['non-resource-url'].length > 0 ? pathRules(flags) : [];
    const needed = paths.length === 0 || flags.resource.length > 0;
    const rules = [...(needed ? await rulesOf(session, flags) : []), ...paths];
    return { ...role, rules } as unknown as KubernetesObject;
  },
});

const RBAC_GROUP = 'rbac.authorization.k8s.io';

function bindingCommand(kind: 'RoleBinding' | 'ClusterRoleBinding'): AnyCommand {
  return generatorCommand({
    usage: 'NAME --clusterrole=NAME [--user=username] [--group=groupname] [options]',
    flags: {
      clusterrole: text('The cluster role to bind'),
      group: list('Groups to bind it to'),
      ...(kind === 'RoleBinding' ? { role: text('The role to bind') } : {}),
      serviceaccount: list('Service accounts to bind it to, as "namespace:name"'),
      user: list('Users to bind it to'),
    },
    namespaced: kind === 'RoleBinding',
    generate({ name, flags }) {
      if (kind === 'ClusterRoleBinding' && flags.clusterrole === '') {
        throw new UsageError('required flag(s) "clusterrole" not set');
      }
      const role = flags.role ?? '';
      if ((flags.clusterrole === '') === (role === '')) {
        throw new UsageError('exactly one of clusterrole or role must be specified');
      }
      const subject = (of: 'User' | 'Group') => (who: string) => ({
        apiGroup: RBAC_GROUP,
        kind: of,
        name: who,
      });
      const accounts = flags.serviceaccount.map((given) => {
        const [namespace = '', account = ''] = given.split(':');
        if (namespace === '' || account === '') {
          throw new UsageError('serviceaccount must be <namespace>:<name>');
        }
        return { kind: 'ServiceAccount', name: account, namespace };
      });
      const roleKind = role === '' ? 'ClusterRole' : 'Role';
      return {
        apiVersion: API_VERSION,
        kind,
        metadata: { ...none, name },
        roleRef: { apiGroup: RBAC_GROUP, kind: roleKind, name: role || flags.clusterrole },
        subjects: [
          ...flags.user.map(subject('User')),
          ...flags.group.map(subject('Group')),
          ...accounts,
        ],
      } as KubernetesObject;
    },
  });
}

export const createRoleBinding = bindingCommand('RoleBinding');
export const createClusterRoleBinding = bindingCommand('ClusterRoleBinding');
