/** Selectors of a request as a SubjectAccessReview has them: only what can be understood. */
import { parseFieldSelector } from '../../api/selector/field.ts';
import { parseLabelSelector } from '../../api/selector/label-parser.ts';
import type { LabelOperator } from '../../api/selector/label.ts';

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** What has no word there (gt, lt) is left out: the others still narrow the request down. */
const words: Readonly<Partial<Record<LabelOperator, string>>> = {
  in: 'In',
  '=': 'In',
  '==': 'In',
  notin: 'NotIn',
  '!=': 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
};

function fieldRequirements(text: string): Requirement[] {
  return parseFieldSelector(text).map(({ field, operator, value }) => ({
    key: field,
    operator: operator === '=' ? 'In' : 'NotIn',
    values: [value],
  }));
}

function labelRequirements(text: string): Requirement[] {
  return parseLabelSelector(text).flatMap(({ key, operator, values }) => {
    const word = words[operator];
    if (word === undefined) return [];
    return { key, operator: word, ...(values.length === 0 ? {} : { values }) };
  });
}

function readable(name: string, text: string, read: (text: string) => Requirement[]): object {
  try {
    return { [name]: { requirements: read(text) } };
  } catch {
    // The handler refuses it with the reason.
    return {};
  }
}

export function reviewSelectors(asked: {
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}): object {
  const { fieldSelector, labelSelector } = asked;
  return {
    ...(fieldSelector ? readable('fieldSelector', fieldSelector, fieldRequirements) : {}),
    ...(labelSelector ? readable('labelSelector', labelSelector, labelRequirements) : {}),
  };
}
