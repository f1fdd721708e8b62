/** What a JSONPath finds, and how kubectl prints it. Keys that are missing find nothing. */
import { UsageError } from '../usage-error.ts';
import { evaluate } from '../../api/jsonpath/evaluate.ts';
import {
  JsonPathError,
  parseJsonPath,
  parseSteps,
  type PathNode,
  type PathStep,
} from '../../api/jsonpath/parse.ts';
import { goJson } from '../../api/go-json.ts';

export class JsonPath {
  readonly #template: string;
  readonly #nodes: readonly PathNode[];
  readonly #strict: boolean;

  /** `strict`: a field that is not there is an error. */
  constructor(template: string, strict: boolean) {
    this.#template = template;
    this.#strict = strict;
    try {
      this.#nodes = parseJsonPath(template);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError(`error parsing jsonpath ${template}, ${why}`);
    }
  }

  /** One list per text and `{…}` outside of ranges. */
  find(root: unknown): unknown[][] {
    const found = (node: PathNode): unknown[][] => {
      if (node.kind === 'text') return [[node.text]];
      return node.kind === 'path' ? [evaluate(node.steps, root, root)] : [];
    };
    return this.#following(() => this.#nodes.flatMap(found));
  }

  #checkFields(root: unknown): void {
    for (const node of this.#nodes) {
      const name = missingField(node.kind === 'path' ? node.steps : [], root);
      if (name === undefined) continue;
      throw new JsonPathError(`${name} is not found`);
    }
  }

  print(root: unknown): string {
    return this.#following(() => {
      if (this.#strict) this.#checkFields(root);
      return printNodes(this.#nodes, root, root);
    });
  }

  #following<T>(follow: () => T): T {
    try {
      return follow();
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      const path = JSON.stringify(this.#template);
      throw new UsageError(
        `error executing jsonpath ${path}: Error executing template: ${error.message}`,
      );
    }
  }
}

/** The field that ends the first way that leads nowhere. */
function missingField(steps: readonly PathStep[], root: unknown): string | undefined {
  for (const [i, step] of steps.entries()) {
    if (step.step !== 'field') continue;
    if (valuesAt(steps.slice(0, i + 1), root).length === 0) return step.name;
  }
  return undefined;
}

/** A path as --sort-by, custom-columns and wait take it: braces and leading dot may be missing. */
export function relaxedPath(text: string): readonly PathStep[] {
  const inner = withoutBraces(text);
  try {
    return parseSteps(inner);
  } catch {
    throw new UsageError(
      `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or ` +
        `'{.name1.name2}'`,
    );
  }
}

/** Such a path in full: "{.metadata.name}". */
export const pathText = (text: string): string => `{.${withoutBraces(text).replace(/^\./, '')}}`;

const withoutBraces = (text: string): string => /^\{(.*)\}$/s.exec(text.trim())?.[1] ?? text.trim();

/** A path that cannot be followed is the user's mistake. */
export function valuesAt(steps: readonly PathStep[], root: unknown): unknown[] {
  try {
    return evaluate(steps, root, root);
  } catch (error) {
    if (error instanceof JsonPathError) throw new UsageError(error.message);
    throw error;
  }
}

/** As Go prints a value in a template: texts bare, structures as JSON. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return goJson(value);
}

function printNodes(nodes: readonly PathNode[], root: unknown, current: unknown): string {
  return nodes
    .map((node) => {
      if (node.kind === 'text') return node.text;
      if (node.kind === 'path') return evaluate(node.steps, root, current).map(valueText).join(' ');
      const items = evaluate(node.over, root, current);
      return items.map((item) => printNodes(node.body, root, item)).join('');
    })
    .join('');
}
