/** create role, clusterrole, rolebinding, clusterrolebinding. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { AnyCommand } from '../command.ts';
import { list, text } from '../flags/flag.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { generatorCommand } from './generator.ts';

const none = { creationTimestamp: null as never };
const apiVersion = 'rbac.authorization.k8s.io/v1';

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
  const served = await session.resources();
  const groups = new Map<string, string[]>();
  for (const given of flags.resource) {
    const [word = '', subresource] = given.split('/');
    const { group, resource } = word === '*' ? { group: '*', resource: '*' } : served.find(word);
    const full = subresource === undefined ? resource : `${resource}/${subresource}`;
    groups.set(group, [...(groups.get(group) ?? []), full]);
  }
  const names = flags['resource-name'];
  return [...groups].map(([group, resources]) => ({
    apiGroups: [group],
    ...(names.length > 0 ? { resourceNames: names } : {}),
    resources,
    verbs: flags.verb,
  }));
}

function roleCommand(kind: 'Role' | 'ClusterRole'): AnyCommand {
  return generatorCommand({
    usage: 'NAME --verb=verb --resource=resource.group/subresource [options]',
    flags: {
      'non-resource-url': list('Paths that are no resources; for cluster roles'),
      resource: list('Resources, as "deployments.apps/scale"'),
      'resource-name': list('Names of the objects'),
      verb: list('Verbs: get, list, watch, create, update, patch, delete, ...'),
    },
    namespaced: kind === 'Role',
    async generate({ name, flags, session }) {
      const urls = flags['non-resource-url'];
      const rules =
        urls.length > 0 && kind === 'ClusterRole'
          ? [{ nonResourceURLs: urls, verbs: flags.verb }]
          : await rulesOf(session, flags);
      return { apiVersion, kind, metadata: { ...none, name }, rules } as KubernetesObject;
    },
  });
}

export const createRole = roleCommand('Role');
export const createClusterRole = roleCommand('ClusterRole');

const rbacGroup = 'rbac.authorization.k8s.io';

function bindingCommand(kind: 'RoleBinding' | 'ClusterRoleBinding'): AnyCommand {
  return generatorCommand({
    usage: 'NAME --clusterrole=NAME [--user=username] [--group=groupname] [options]',
    flags: {
      clusterrole: text('The cluster role to bind'),
      group: list('Groups to bind it to'),
      role: text('The role to bind; not for cluster role bindings'),
      serviceaccount: list('Service accounts to bind it to, as "namespace:name"'),
      user: list('Users to bind it to'),
    },
    namespaced: kind === 'RoleBinding',
    generate({ name, flags }) {
      if ((flags.clusterrole === '') === (flags.role === '')) {
        throw new UsageError('exactly one of clusterrole or role must be specified');
      }
      const subject = (of: 'User' | 'Group') => (who: string) => ({
        apiGroup: rbacGroup,
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
      const roleKind = flags.role === '' ? 'ClusterRole' : 'Role';
      return {
        apiVersion,
        kind,
        metadata: { ...none, name },
        roleRef: { apiGroup: rbacGroup, kind: roleKind, name: flags.role || flags.clusterrole },
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
