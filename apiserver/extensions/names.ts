/** Which names of a definition it may have: no other of its group uses them. */
import { deepEqual } from '../../api/deep.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames as Names,
  CustomResourceDefinitionStatus as Status,
} from '../../api/types/apiextensions-v1.ts';
import { authorityFault } from '../registry/kinds/extensions/authority.ts';
import { type Finding, isTrue, withCondition } from '../registry/kinds/extensions/conditions.ts';

/** Names that others of the group have. */
export interface TakenNames {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

const NO_NAMES: Names = { kind: '', plural: '' };

/** What the others of a group use. */
export function takenBy(others: readonly Names[]): TakenNames {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { plural, singular, shortNames = [], kind, listKind } of others) {
    for (const name of [plural, singular, ...shortNames]) if (name) resources.add(name);
    for (const name of [kind, listKind]) if (name) kinds.add(name);
  }
  return { resources, kinds };
}

/** The status that the definition ought to have; its own if that is the same. */
export function acceptNames(
  crd: CustomResourceDefinition,
  taken: TakenNames,
  nowMs: number,
): Status {
  const status = crd.status ?? {};
  const { names, conflict } = accepted(crd.spec.names, status.acceptedNames ?? NO_NAMES, taken);
  const finding: Finding = conflict ?? {
    type: 'NamesAccepted',
    status: 'True',
    reason: 'NoConflicts',
    message: 'no conflicts found',
  };
  let conditions = withCondition(status.conditions ?? [], finding, nowMs);
  if (!isTrue(crd, 'Established'))
    conditions = withCondition(conditions, established(crd, conflict === undefined), nowMs);
  const approval = approvalOf(crd);
  if (approval !== undefined) conditions = withCondition(conditions, approval, nowMs);
  const isSame = conditions === status.conditions && deepEqual(names, status.acceptedNames);
  return isSame ? status : { ...status, conditions, acceptedNames: names };
}

const APPROVAL = 'api-approved.kubernetes.io';

/** Whether a definition in a group of the Kubernetes community was approved, as it says itself. */
function approvalOf({ spec, metadata }: CustomResourceDefinition): Finding | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec.group)) return undefined;
  const said = metadata.annotations?.[APPROVAL] ?? '';
  const type = 'KubernetesAPIApprovalPolicyConformant';
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  const must = `protected groups must have approval annotation "${APPROVAL}"`;
  if (said.startsWith('unapproved')) {
    const message = `not approved: ${JSON.stringify(said)}`;
    return { type, status: 'False', reason: 'UnapprovedAnnotation', message };
  }
  if (URL.canParse(said))
    return { type, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${said}` };
  if (said === '')
    return { type, status: 'False', reason: 'MissingAnnotation', message: `${must}, ${see}` };
  const message = `${must} with either a URL or a reason starting with "unapproved", ${see}`;
  return { type, status: 'False', reason: 'InvalidAnnotation', message };
}

function established({ spec }: CustomResourceDefinition, hasNames: boolean): Finding {
  const type = 'Established';
  if (!hasNames) {
    const message = 'not all names are accepted';
    return { type, status: 'False', reason: 'NotAccepted', message };
  }
  if (authorityFault(spec.conversion?.webhook?.clientConfig?.caBundle ?? '') !== undefined) {
    const message = 'The conversion webhook CABundle is invalid';
    return { type, status: 'False', reason: 'InvalidCABundle', message };
  }
  const message = 'the initial names have been accepted';
  return { type, status: 'True', reason: 'InitialNamesAccepted', message };
}

function accepted(
  asked: Names,
  had: Names,
  taken: TakenNames,
): { readonly names: Names; readonly conflict: Finding | undefined } {
  const names: { -readonly [K in keyof Names]: Names[K] } = { ...had };
  let conflict: Finding | undefined;
  const refuse = (what: string, used: readonly string[]): void => {
    const each = used.map((name) => `${JSON.stringify(name)} is already in use`);
    conflict = {
      type: 'NamesAccepted',
      status: 'False',
      reason: `${what}Conflict`,
      message: each.length === 1 ? each[0]! : `[${each.join(', ')}]`,
    };
  };
  const take = (key: 'plural' | 'singular' | 'kind' | 'listKind', what: string): void => {
    const name = asked[key];
    const used = key === 'kind' || key === 'listKind' ? taken.kinds : taken.resources;
    if (name !== undefined && name !== had[key] && used.has(name)) refuse(what, [name]);
    else if (name === undefined) delete names[key];
    else Object.assign(names, { [key]: name });
  };
  take('plural', 'Plural');
  take('singular', 'Singular');
  const short = asked.shortNames ?? [];
  const own = new Set(had.shortNames);
  const used = short.filter((name) => !own.has(name) && taken.resources.has(name));
  if (used.length > 0) refuse('ShortNames', used);
  else if (asked.shortNames === undefined) delete names.shortNames;
  else names.shortNames = asked.shortNames;
  take('kind', 'Kind');
  take('listKind', 'ListKind');
  if (asked.categories === undefined) delete names.categories;
  else names.categories = asked.categories;
  return { names, conflict };
}
