import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type {
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../../../api/types/flowcontrol-v1.ts';
import { dns1123Label, dns1123Subdomain } from '../../../../api/validation/names.ts';
import { check } from '../checks.ts';

const verbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'proxy',
  'update',
  'watch',
];
const isAll = (values: readonly string[]): boolean => values.includes('*');

function validateVerbs(given: readonly string[] = [], field: string): FieldError[] {
  if (given.length === 0) return [required(field, 'verbs must contain at least one value')];
  if (isAll(given)) return onlyAll(given, field, 'verbs');
  return given.every((verb) => verbs.includes(verb)) ? [] : [notSupported(field, given, verbs)];
}

function onlyAll(given: readonly string[], field: string, what: string): FieldError[] {
  if (given.length === 1 || !isAll(given)) return [];
  return [invalid(field, given, `if '*' is present, must not specify other ${what}`)];
}

function someOrAll(
  given: readonly string[] = [],
  field: string,
  words: { readonly missing: string; readonly others: string },
): FieldError[] {
  if (given.length === 0) return [required(field, words.missing)];
  return onlyAll(given, field, words.others);
}

function validateUrl(path: string, field: string): FieldError[] {
  const fault = ((): string | undefined => {
    if (path === '') return 'must not be empty';
    if (path === '/') return undefined;
    if (!path.startsWith('/')) return 'must start with slash';
    if (path.includes(' ')) return 'must not contain white-space';
    if (path.includes('//')) return 'must not contain double slash';
    const wildcards = path.split('*').length - 1;
    if (wildcards > 1 || (wildcards === 1 && !path.endsWith('/*')))
      return 'wildcard can only do suffix matching';
    return undefined;
  })();
  return fault === undefined ? [] : [invalid(field, path, fault)];
}

function validateNonResourceRule(rule: NonResourcePolicyRule, field: string): FieldError[] {
  const urls = rule.nonResourceURLs ?? [];
  const at = `${field}.nonResourceURLs`;
  const errors = [
    ...validateVerbs(rule.verbs, `${field}.verbs`),
    ...someOrAll(urls, at, {
      missing: 'nonResourceURLs must contain at least one value',
      others: 'non-resource URLs',
    }),
  ];
  if (isAll(urls)) return errors;
  return [...errors, ...urls.flatMap((url, i) => validateUrl(url, `${at}[${i}]`))];
}

function validateNamespaces(rule: ResourcePolicyRule, field: string): FieldError[] {
  const { clusterScope = false } = rule;
  const namespaces = rule.namespaces ?? [];
  if (namespaces.length === 0 && !clusterScope)
    return [
      required(
        field,
        'resource rules that are not cluster scoped must supply at least one namespace',
      ),
    ];
  if (isAll(namespaces)) return onlyAll(namespaces, field, 'namespaces');
  const intro = "each member of this list must be '*' or a DNS-1123 label; ";
  return namespaces.flatMap((namespace, i) =>
    dns1123Label(namespace).map((fault) => invalid(`${field}[${i}]`, namespace, intro + fault)),
  );
}

function validateResourceRule(rule: ResourcePolicyRule, field: string): FieldError[] {
  return [
    ...validateVerbs(rule.verbs, `${field}.verbs`),
    ...someOrAll(rule.apiGroups, `${field}.apiGroups`, {
      missing: 'resource rules must supply at least one api group',
      others: 'api groups',
    }),
    ...someOrAll(rule.resources, `${field}.resources`, {
      missing: 'resource rules must supply at least one resource',
      others: 'resources',
    }),
    ...validateNamespaces(rule, `${field}.namespaces`),
  ];
}

const members = { User: 'user', Group: 'group', ServiceAccount: 'serviceAccount' } as const;
type SubjectKind = keyof typeof members;
/** In the order in which Kubernetes complains of the members that do not belong. */
const strangers: Readonly<Record<SubjectKind, readonly SubjectKind[]>> = {
  ServiceAccount: ['User', 'Group'],
  User: ['ServiceAccount', 'Group'],
  Group: ['ServiceAccount', 'User'],
};

function validateSubject(subject: Subject, field: string): FieldError[] {
  if (!Object.hasOwn(members, subject.kind))
    return [notSupported(`${field}.kind`, subject.kind ?? '', Object.keys(members).sort())];
  const kind = subject.kind as SubjectKind;
  const member = members[kind];
  const own = subject[member];
  const at = `${field}.${member}`;
  const errors =
    own === undefined
      ? [required(at, `${member} is required when subject kind is '${kind}'`)]
      : validateMember(subject, kind, at);
  const foreign = strangers[kind]
    .filter((other) => subject[members[other]] !== undefined)
    .map((other) => {
      const name = members[other];
      return forbidden(
        `${field}.${name}`,
        `${name} is forbidden when subject kind is not '${other}'`,
      );
    });
  return [...errors, ...foreign];
}

function validateMember(subject: Subject, kind: SubjectKind, field: string): FieldError[] {
  const name = subject[members[kind]]?.name ?? '';
  if (kind !== 'ServiceAccount') return name === '' ? [required(`${field}.name`)] : [];
  const { namespace = '' } = subject.serviceAccount ?? {};
  return [
    ...(name === '' ? [required(`${field}.name`)] : []),
    ...(name === '' || name === '*' ? [] : check(dns1123Subdomain, name, `${field}.name`)),
    ...(namespace === ''
      ? [required(`${field}.namespace`, 'must specify namespace for service account')]
      : check(dns1123Label, namespace, `${field}.namespace`)),
  ];
}

export function validateRules(rule: PolicyRulesWithSubjects, field: string): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  const errors =
    subjects.length === 0
      ? [required(`${field}.subjects`, 'subjects must contain at least one value')]
      : subjects.flatMap((each, i) => validateSubject(each, `${field}.subjects[${i}]`));
  if (resourceRules.length === 0 && nonResourceRules.length === 0)
    errors.push(
      required(field, 'at least one of resourceRules and nonResourceRules has to be non-empty'),
    );
  return [
    ...errors,
    ...resourceRules.flatMap((each, i) =>
      validateResourceRule(each, `${field}.resourceRules[${i}]`),
    ),
    ...nonResourceRules.flatMap((each, i) =>
      validateNonResourceRule(each, `${field}.nonResourceRules[${i}]`),
    ),
  ];
}
