import { isObject } from '../../api/deep.ts';
import type { FieldError } from '../../api/field-errors.ts';
import { customMergeTypes } from '../../api/structural/merge-type.ts';
import { type Json, SchemaNode } from '../../api/structural/schema.ts';
import { loadPatterns } from '../../api/structural/patterns.ts';
import { assert } from '../../platform/assert.ts';
import type { RuleCheck } from '../rules/validate-rules.ts';
import type { Structure } from '../registry/declaration.ts';

/** What a schema makes use of: passes that it needs not are left out. */
export interface SchemaFeatures {
  readonly listTypes: boolean;
  readonly embedded: boolean;
  readonly patterns: boolean;
  readonly rules: boolean;
}

const EVERYTHING: Json = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/**
 * The schema of one version of a custom resource. It is read when the first object needs it: a
 * cluster has hundreds of definitions and uses few.
 */
export class VersionSchema {
  readonly #source: () => Json | undefined;
  #root: SchemaNode | undefined;
  #features: SchemaFeatures | undefined;
  #rules: ((check: RuleCheck) => FieldError[]) | undefined;
  #mergeTypes: Structure['mergeTypes'] | undefined;

  constructor(source: () => Json | undefined) {
    this.#source = source;
  }

  /** As the definition has it, or the one that takes everything. */
  get json(): Json {
    return this.#root?.json ?? this.#source() ?? EVERYTHING;
  }

  get root(): SchemaNode {
    this.#root ??= new SchemaNode(this.json);
    return this.#root;
  }

  get features(): SchemaFeatures {
    this.#features ??= featuresOf(this.root.json);
    return this.#features;
  }

  /** Loads what checking objects takes. */
  async load(): Promise<void> {
    const { patterns, rules } = this.features;
    if (patterns) await loadPatterns();
    if (!rules || this.#rules !== undefined) return;
    const [{ ruleTree }, { validateRules }] = await Promise.all([
      import('../rules/rule-tree.ts'),
      import('../rules/validate-rules.ts'),
    ]);
    const tree = ruleTree(this.root.json, true);
    this.#rules = tree === undefined ? () => [] : (check) => validateRules(tree, check);
  }

  /** Field errors of the CEL rules; call {@link load} first. */
  ruleErrors(check: RuleCheck): readonly FieldError[] {
    if (!this.features.rules) return [];
    assert(this.#rules !== undefined, 'rules are used before they are loaded');
    return this.#rules(check);
  }

  get mergeTypes(): Structure['mergeTypes'] {
    this.#mergeTypes ??= customMergeTypes(this.root);
    return this.#mergeTypes;
  }
}

/**
 * The schema of a definition from before v1, whose `preserveUnknownFields` is set: it says what
 * known fields have to be, and nothing is pruned at any depth.
 */
export function keepingUnknown(json: Json): Json {
  const kept = (node: unknown): unknown => (isObject(node) ? keepingUnknown(node) : node);
  const { properties, items, additionalProperties, ...rest } = json;
  const own = isObject(properties) && {
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, node]) => [name, kept(node)]),
    ),
  };
  const keeps =
    additionalProperties === undefined &&
    [undefined, 'object'].includes(rest['type'] as string | undefined);
  return {
    ...rest,
    ...own,
    ...(items !== undefined && { items: kept(items) }),
    ...(additionalProperties !== undefined && { additionalProperties: kept(additionalProperties) }),
    ...(keeps && { 'x-kubernetes-preserve-unknown-fields': true }),
  };
}

function featuresOf(json: Json): SchemaFeatures {
  const found = {
    listTypes: false,
    embedded: false,
    patterns: false,
    rules: false,
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!isObject(node)) return;
    if (node['pattern'] !== undefined) found.patterns = true;
    if (node['x-kubernetes-validations'] !== undefined) found.rules = true;
    if (node['x-kubernetes-embedded-resource'] === true) found.embedded = true;
    const listType = node['x-kubernetes-list-type'];
    if (listType === 'set' || listType === 'map') found.listTypes = true;
    if (isObject(node['properties'])) Object.values(node['properties']).forEach(visit);
    for (const key of ['items', 'additionalProperties', 'allOf', 'anyOf', 'oneOf', 'not'])
      visit(node[key]);
  };
  visit(json);
  return found;
}
