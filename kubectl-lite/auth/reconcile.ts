/** `auth reconcile`: RBAC objects get what the manifests grant, and lose it only when asked. */
import { deepEqual } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import type { PolicyRule, Subject } from '../../api/types/rbac-v1.ts';
import { command } from '../command.ts';
import { failureText } from '../failure.ts';
import { boolean } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, dryRunQuery, outputFlags } from '../printers/change-printer.ts';
import type { DryRun } from '../printers/change-printer.ts';
import { locate, visit } from '../resource/builder.ts';
import { dryRunFlag, filenameFlags } from '../resource/flags.ts';
import { type Located, objectPath, readLive } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { uncovered } from './policy-rules.ts';

interface RbacObject extends KubernetesObject {
  readonly rules?: readonly PolicyRule[];
  readonly subjects?: readonly Subject[];
  readonly roleRef?: object;
  readonly aggregationRule?: object;
}

interface Removal {
  readonly permissions: boolean;
  readonly subjects: boolean;
}

/** What has to be done, and what kubectl says about it. */
interface Plan {
  readonly operation: 'none' | 'create' | 'update' | 'recreate';
  readonly object: RbacObject;
  readonly isProtected: boolean;
  readonly notes: readonly string[];
}

const kinds = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'];
/** Who sets it to "false" does not want automatic changes. */
const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

export const reconcile = command({
  usage: '-f FILENAME [options]',
  flags: {
    ...filenameFlags,
    ...dryRunFlag,
    ...outputFlags,
    'remove-extra-permissions': boolean('Remove permissions that the manifest does not grant'),
    'remove-extra-subjects': boolean('Remove subjects that the manifest does not name'),
  },
  async run(session, { words, flags }) {
    if (words.length > 0) throw new UsageError('no arguments are allowed');
    if (flags.filename.length === 0 && flags.kustomize === '') {
      throw new UsageError('must specify one of -f and -k');
    }
    const dryRun = dryRunOf(flags);
    const printer = await ChangePrinter.of(session, flags, dryRun);
    const removal = {
      permissions: flags['remove-extra-permissions'],
      subjects: flags['remove-extra-subjects'],
    };
    const found = await locate(session, { ...flags, words: [] });
    return visit(session, found, async (located) => {
      if (!kinds.includes(located.type.kind)) {
        session.complain(
          `${located.place}: ${located.type.kind} ${located.name} is not a role or binding: ` +
            'it is left alone',
        );
        return;
      }
      const plan = planOf(located, await liveOf(session, located), removal);
      const done = plan.isProtected
        ? plan.object
        : await carryOut(session, located, { plan, dryRun });
      printer.print(located, 'reconciled', done);
      for (const note of plan.notes) session.complain(note);
    });
  },
});

async function liveOf(session: Session, located: Located): Promise<RbacObject | undefined> {
  try {
    return await readLive(session, located);
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw new UsageError(failureText(error));
  }
}

function planOf(located: Located, live: RbacObject | undefined, removal: Removal): Plan {
  const wanted = located.object as RbacObject;
  const binding = located.type.kind.endsWith('Binding');
  const isProtected = live?.metadata.annotations?.[AUTO_UPDATE] === 'false';
  const plan = (operation: Plan['operation'], object: RbacObject, notes: string[]): Plan => ({
    operation,
    object,
    isProtected,
    notes: operation === 'none' ? [] : [headline(operation, isProtected), ...notes],
  });
  if (live === undefined) {
    const notes = binding
      ? listed('missing subjects added', (wanted.subjects ?? []).map(subjectText))
      : listed('missing rules added', (wanted.rules ?? []).map(ruleText));
    return plan('create', wanted, notes);
  }
  const annotated = withMetadata(live, wanted);
  if (!binding) return roles({ live, wanted, annotated, removal, plan });
  if (!deepEqual(refOf(live), refOf(wanted))) {
    const missing = listed('missing subjects added', (wanted.subjects ?? []).map(subjectText));
    return plan('recreate', wanted, missing);
  }
  return subjects({ live, wanted, annotated, removal, plan });
}

interface Comparison {
  readonly live: RbacObject;
  readonly wanted: RbacObject;
  readonly annotated: RbacObject;
  readonly removal: Removal;
  readonly plan: (operation: Plan['operation'], object: RbacObject, notes: string[]) => Plan;
}

function roles({ live, wanted, annotated, removal, plan }: Comparison): Plan {
  const missing = uncovered(live.rules ?? [], wanted.rules ?? []);
  const extra = uncovered(wanted.rules ?? [], live.rules ?? []);
  const removes = removal.permissions && extra.length > 0;
  const rules = removes ? (wanted.rules ?? []) : [...(live.rules ?? []), ...missing];
  const changed = missing.length > 0 || removes || !deepEqual(live.metadata, annotated.metadata);
  return plan(changed ? 'update' : 'none', { ...annotated, rules }, [
    ...listed('missing rules added', missing.map(ruleText)),
    ...(removes ? listed('extra rules removed', extra.map(ruleText)) : []),
  ]);
}

function subjects({ live, wanted, annotated, removal, plan }: Comparison): Plan {
  const [have, want] = [live.subjects ?? [], wanted.subjects ?? []];
  const missing = want.filter((one) => !have.some((other) => deepEqual(one, other)));
  const extra = have.filter((one) => !want.some((other) => deepEqual(one, other)));
  const removes = removal.subjects && extra.length > 0;
  const after = removes ? want : [...have, ...missing];
  const changed = missing.length > 0 || removes || !deepEqual(live.metadata, annotated.metadata);
  return plan(changed ? 'update' : 'none', { ...annotated, subjects: after }, [
    ...listed('missing subjects added', missing.map(subjectText)),
    ...(removes ? listed('extra subjects removed', extra.map(subjectText)) : []),
  ]);
}

/** Labels and annotations of the manifest are added; others stay. */
function withMetadata(live: RbacObject, wanted: RbacObject): RbacObject {
  const merge = (field: 'labels' | 'annotations'): object =>
    wanted.metadata[field] === undefined
      ? {}
      : { [field]: { ...live.metadata[field], ...wanted.metadata[field] } };
  return { ...live, metadata: { ...live.metadata, ...merge('labels'), ...merge('annotations') } };
}

const refOf = ({ roleRef }: RbacObject): object => ({
  apiGroup: 'rbac.authorization.k8s.io',
  ...roleRef,
});

async function carryOut(
  session: Session,
  located: Located,
  { plan, dryRun }: { readonly plan: Plan; readonly dryRun: DryRun },
): Promise<KubernetesObject> {
  const { operation, object } = plan;
  if (dryRun === 'client' || operation === 'none') return object;
  const query = dryRunQuery(dryRun);
  const create = (): Promise<unknown> =>
    session.api.send({
      method: 'POST',
      path: pathOf(located.type, located.namespace),
      query,
      body: object,
    });
  if (operation === 'update') {
    const path = objectPath(located);
    return (await session.api.send({ method: 'PUT', path, query, body: object })) as RbacObject;
  }
  if (operation === 'recreate') {
    await session.api.send({ method: 'DELETE', path: objectPath(located), query });
    if (dryRun === 'server') return object;
  } else if (located.namespace !== undefined) await ensureNamespace(session, located, query);
  return (await create()) as RbacObject;
}

async function ensureNamespace(session: Session, located: Located, query: object): Promise<void> {
  const name = located.namespace!;
  try {
    await session.api.send({ method: 'GET', path: `/api/v1/namespaces/${name}` });
  } catch (error) {
    if (!isStatus(error, 'NotFound')) return;
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await session.api.send({
      method: 'POST',
      path: '/api/v1/namespaces',
      body,
      query: { ...query },
    });
  }
}

function headline(operation: string, isProtected: boolean): string {
  const caveat = isProtected ? `, but object opted out (${AUTO_UPDATE}: false)` : '';
  return `\treconciliation required ${operation}${caveat}`;
}

const listed = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`\t${title}:`, ...lines.map((line) => `\t\t${line}`)];

const words = (values: readonly string[] | undefined): string => `[${(values ?? []).join(' ')}]`;

const ruleText = (rule: PolicyRule): string =>
  `{Verbs:${words(rule.verbs)} APIGroups:${words(rule.apiGroups)} ` +
  `Resources:${words(rule.resources)} ResourceNames:${words(rule.resourceNames)} ` +
  `NonResourceURLs:${words(rule.nonResourceURLs)}}`;

const subjectText = ({ kind, apiGroup = '', name, namespace = '' }: Subject): string =>
  `{Kind:${kind} APIGroup:${apiGroup} Name:${name} Namespace:${namespace}}`;
