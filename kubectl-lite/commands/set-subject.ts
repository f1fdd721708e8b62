import { deepEqual } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { command } from '../command.ts';
import { list } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf } from '../printers/change-printer.ts';
import { locate, visit, visitLive } from '../resource/builder.ts';
import type { Located } from '../resource/located.ts';
import { sendChange } from '../resource/patch.ts';
import { UsageError } from '../usage-error.ts';
import { setFlags } from './set-change.ts';

interface Subject {
  readonly kind: string;
  readonly apiGroup?: string;
  readonly name: string;
  readonly namespace?: string;
}

const RBAC_GROUP = 'rbac.authorization.k8s.io';

export const setSubject = command({
  usage:
    '(-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] ' +
    '[--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options]',
  flags: {
    ...setFlags,
    group: list('Groups to bind to the role'),
    serviceaccount: list('Service accounts to bind to the role, as namespace:name'),
    user: list('Users to bind to the role'),
  },
  async run(session, { words, flags }) {
    const dryRun = dryRunOf(flags);
    const printer = await ChangePrinter.of(session, flags, flags.local ? 'none' : dryRun);
    const added = subjectsOf(flags as unknown as SubjectFlags, session.namespace);
    const builder = { ...flags, words };
    const found = await locate(session, builder);
    if (added.length === 0) {
      throw new UsageError('you must specify at least one value of user, group or serviceaccount');
    }
    const each = async (located: Located, live: KubernetesObject): Promise<void> => {
      if (!['RoleBinding', 'ClusterRoleBinding'].includes(located.type.kind)) {
        throw new UsageError(
          `${located.type.resource}/${located.name} setting subjects is only supported for ` +
            'RoleBinding/ClusterRoleBinding',
        );
      }
      const after = withSubjects(live, added);
      if (flags.local) return printer.print(located, 'subjects updated', after);
      const sent = await sendChange(session, located, {
        before: live,
        after,
        dryRun,
        fieldManager: flags['field-manager'],
      });
      printer.print(located, 'subjects updated', sent ?? live);
    };
    if (flags.local) return visit(session, found, (located) => each(located, located.object!));
    return visitLive(session, found, each);
  },
});

/** `--user` is here not the one of the kubeconfig. */
interface SubjectFlags {
  readonly user: readonly string[];
  readonly group: readonly string[];
  readonly serviceaccount: readonly string[];
}

function subjectsOf(flags: SubjectFlags, fallback: string): Subject[] {
  const accounts = [...new Set(flags.serviceaccount)].sort().map((text): Subject => {
    const [namespace = '', name = '', ...more] = text.split(':');
    if (namespace === '' || name === '' || more.length > 0) {
      throw new UsageError('serviceaccount must be <namespace>:<name>');
    }
    return { kind: 'ServiceAccount', name, namespace: namespace || fallback };
  });
  const of = (kind: string, names: readonly string[]): Subject[] =>
    [...new Set(names)].sort().map((name) => ({ kind, apiGroup: RBAC_GROUP, name }));
  return [...of('User', flags.user), ...of('Group', flags.group), ...accounts];
}

function withSubjects(live: KubernetesObject, added: readonly Subject[]): KubernetesObject {
  const { subjects = [] } = live as { subjects?: Subject[] };
  const missing = added.filter((one) => !subjects.some((have) => deepEqual(have, one)));
  return { ...live, subjects: [...subjects, ...missing] } as KubernetesObject;
}
