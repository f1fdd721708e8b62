import type { SelfSubjectRulesReview } from '../../api/types/authorization-v1.ts';
import { TableWriter } from '../printers/table.ts';
import type { Session } from '../session.ts';

interface Row {
  readonly resources: string;
  readonly urls: string;
  readonly names: string;
  readonly verbs: string;
}

const bracketed = (values: readonly string[]): string => `[${values.join(' ')}]`;

/** A row for each resource of each group, those about the same thing joined, as kubectl has it. */
export function printRules(
  session: Session,
  { status }: SelfSubjectRulesReview,
  noHeaders: boolean,
): void {
  const verbsOf = new Map<string, { resource: string; names: string; verbs: string[] }>();
  for (const rule of status?.resourceRules ?? []) {
    const groups = rule.apiGroups ?? [''];
    for (const resource of rule.resources ?? []) {
      for (const group of groups) {
        const qualified = group === '' ? resource : `${resource}.${group}`;
        const names = bracketed(rule.resourceNames ?? []);
        const key = `${qualified}\0${names}`;
        const before = verbsOf.get(key)?.verbs ?? [];
        const verbs = [...new Set([...before, ...rule.verbs])];
        verbsOf.set(key, { resource: qualified, names, verbs });
      }
    }
  }
  const resourceRows = [...verbsOf.values()].map(({ resource, names, verbs }): Row => ({
    resources: resource,
    urls: '[]',
    names,
    verbs: bracketed(verbs),
  }));
  const urlRows = (status?.nonResourceRules ?? []).map((rule): Row => ({
    resources: '',
    urls: bracketed(rule.nonResourceURLs ?? []),
    names: '[]',
    verbs: bracketed(rule.verbs),
  }));
  const rows = [...resourceRows, ...urlRows].map(({ resources, urls, names, verbs }) => [
    resources,
    urls,
    names,
    verbs,
  ]);
  const header = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
  for (const line of new TableWriter().lines(noHeaders ? rows : [header, ...rows])) {
    session.print(line);
  }
}
