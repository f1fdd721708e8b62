/**
 * Which autoscalers select which pods: two of them must not size what is behind the same pods, for
 * each would take the other's work for a change of load.
 */
import { splitKey } from '../../api/meta.ts';
import { type LabelRequirement, matchesLabels } from '../../api/selector/label.ts';
import { parseLabelSelector } from '../../api/selector/label-parser.ts';
import type { Pod } from '../../api/types/core-v1.ts';

/** Why a target's selector cannot be used. */
export interface SelectorProblem {
  readonly kind: 'selector';
  /** Of the event. */
  readonly reason: string;
  readonly message: string;
  /** Of the condition, where it says something else. */
  readonly condition?: { readonly reason: string; readonly message: string };
}

export const selectorRequired: SelectorProblem = {
  kind: 'selector',
  reason: 'SelectorRequired',
  message: 'selector is required',
  condition: {
    reason: 'InvalidSelector',
    message: "the HPA target's scale is missing a selector",
  },
};

export class AutoscalerSelectors {
  /** By namespace, then by the autoscaler's name: what its target selected when last looked at. */
  readonly #known = new Map<string, Map<string, readonly LabelRequirement[]>>();

  /** Remembers the selector, and says if others select one of its pods, too. */
  check(key: string, selector: string, pods: readonly Pod[]): SelectorProblem | undefined {
    const { namespace = '', name } = splitKey(key);
    const known = this.#known.get(namespace) ?? new Map<string, readonly LabelRequirement[]>();
    this.#known.set(namespace, known.set(name, parseLabelSelector(selector)));
    const selecting = [...known]
      .filter(([, requirements]) =>
        pods.some(({ metadata }) => matchesLabels(requirements, metadata.labels)),
      )
      .map(([other]) => `{${other} ${namespace}}`);
    if (selecting.length < 2) return undefined;
    const shown = `[${selecting.sort().join(' ')}]`;
    const message = `pods by selector ${selector} are controlled by multiple HPAs: ${shown}`;
    return { kind: 'selector', reason: 'AmbiguousSelector', message };
  }

  forget(key: string): void {
    const { namespace = '', name } = splitKey(key);
    const known = this.#known.get(namespace);
    known?.delete(name);
    if (known?.size === 0) this.#known.delete(namespace);
  }
}
