import type { SelfSubjectRulesReview } from '../../api/types/authorization-v1.ts';
import { TableWriter } from '../printers/table.ts';
import type { Session } from '../session.ts';

/** About one resource of one group, or one URL. */
interface Rule {
  readonly verbs: readonly string[];
  readonly group?: string;
  readonly resource?: string;
  readonly names?: readonly string[];
  readonly url?: string;
}

const bracketed = (values: readonly string[]): string => `[${values.join(' ')}]`;
const listOf = (value: string | undefined): string => (value === undefined ? '[]' : `[${value}]`);

/** kubectl sorts by the text that Go makes of a rule. */
const goText = ({ verbs, group, resource, names = [], url }: Rule): string =>
  `Verbs:${bracketed(verbs)},APIGroups:${listOf(group)},Resources:${listOf(resource)},` +
  `ResourceNames:${bracketed(names)},NonResourceURLs:${listOf(url)},`;

/** The verbs for the same resource joined, in the order in which they came. */
function resourceRules({ status }: SelfSubjectRulesReview): Rule[] {
  const found = new Map<string, Rule>();
  for (const { apiGroups = [''], resources = [], resourceNames, verbs } of status?.resourceRules ??
    []) {
    for (const group of apiGroups) {
      for (const resource of resources) {
        const names = resourceNames ?? [];
        const key = [group, resource, ...names].join('\0');
        const before = found.get(key)?.verbs ?? [];
        found.set(key, { group, resource, names, verbs: [...new Set([...before, ...verbs])] });
      }
    }
  }
  return [...found.values()];
}

const urlRules = ({ status }: SelfSubjectRulesReview): Rule[] =>
  (status?.nonResourceRules ?? []).flatMap(({ nonResourceURLs = [], verbs }) =>
    nonResourceURLs.flatMap((url) => verbs.map((verb) => ({ url, verbs: [verb] }))),
  );

/** A row for each resource of each group and for each URL, as kubectl has it. */
export function printRules(
  session: Session,
  review: SelfSubjectRulesReview,
  noHeaders: boolean,
): void {
  const rules = [...resourceRules(review), ...urlRules(review)]
    .map((rule) => ({ rule, text: goText(rule) }))
    .toSorted((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)));
  const rows = rules.map(({ rule: { group = '', resource = '', names = [], url, verbs } }) => [
    group === '' ? resource : `${resource}.${group}`,
    listOf(url),
    bracketed(names),
    bracketed(verbs),
  ]);
  const header = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
  for (const line of new TableWriter().lines(noHeaders ? rows : [header, ...rows])) {
    session.print(line);
  }
}
