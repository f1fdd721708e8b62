import type { FieldError } from '../../api/field-errors.ts';
import type { Json } from '../../api/structural/schema.ts';
import { ruleTree } from './rule-tree.ts';
import { ruleBudget, validateRules } from './validate-rules.ts';

export interface DefaultCheck {
  readonly value: unknown;
  readonly path: string;
  /** The default is a whole resource. */
  readonly resource: boolean;
}

/**
 * Asks the rules of a schema about defaults in it, all within the budget of one object. A default
 * has to hold as something new and as something that was there before.
 */
export function defaultRules(): (schema: Json, check: DefaultCheck) => readonly FieldError[] {
  const budget = ruleBudget();
  return (schema, { value, path, resource }) => {
    const tree = budget.left < 0 ? undefined : ruleTree(schema, resource);
    if (tree === undefined) return [];
    const kept = validateRules(tree, { value, old: value, path, strict: true, budget });
    return kept.length > 0 ? kept : validateRules(tree, { value, path, strict: true, budget });
  };
}
