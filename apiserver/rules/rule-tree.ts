import { isObject } from '../../api/deep.ts';
import type { Json } from '../../api/structural/schema.ts';
import { type CompiledRules, compileRules } from './compiled-rule.ts';

/** The nodes of a schema that have rules, or lead to some. */
export interface RuleNode {
  readonly schema: Json;
  readonly compiled: CompiledRules | undefined;
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly additional: RuleNode | undefined;
  readonly items: RuleNode | undefined;
}

/** Undefined if there is no rule anywhere. */
export function ruleTree(schema: Json, isResource: boolean): RuleNode | undefined {
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const compiled = compileRules(schema, isResource || embedded);
  const properties = new Map<string, RuleNode>();
  const own = isObject(schema['properties']) ? schema['properties'] : {};
  for (const name of Object.keys(own)) {
    const part = own[name];
    const node = isObject(part) ? ruleTree(part, false) : undefined;
    if (node !== undefined) properties.set(name, node);
  }
  const below = (key: 'items' | 'additionalProperties'): RuleNode | undefined => {
    const part = schema[key];
    return isObject(part) ? ruleTree(part, false) : undefined;
  };
  const [items, additional] = [below('items'), below('additionalProperties')];
  const isEmpty = properties.size === 0 && items === undefined && additional === undefined;
  if (compiled === undefined && isEmpty) return undefined;
  return { schema, compiled, properties, additional, items };
}
