import { applyMergePatch } from '../../api/patch/merge-patch.ts';
import { isObject } from '../../api/deep.ts';

/** What stages say of a status: a merge patch, but that conditions go by their type. */
export type StatusOverlay = Readonly<Record<string, unknown>>;

interface Condition {
  readonly type: string;
  readonly status?: string;
  readonly lastTransitionTime?: string;
}

const conditionsOf = (status: unknown): readonly Condition[] =>
  isObject(status) && Array.isArray(status['conditions'])
    ? (status['conditions'] as Condition[])
    : [];

/** Two overlays as one: the later wins. */
export function withOverlay(
  overlay: StatusOverlay | undefined,
  later: StatusOverlay,
): StatusOverlay {
  const conditions = byType(conditionsOf(overlay), conditionsOf(later), (_old, next) => next);
  const merged = { ...(overlay ?? {}), ...later };
  return conditions.length === 0 ? merged : { ...merged, conditions };
}

/**
 * `computed` with the overlay. A condition whose status is not what it was `before` has changed
 * just now, unless the overlay says when.
 */
export function laidOver<T extends object>(
  computed: T,
  overlay: StatusOverlay | undefined,
  { before, now }: { readonly before: object | undefined; readonly now: string },
): T {
  if (overlay === undefined) return computed;
  const { conditions: said, ...rest } = overlay;
  const merged = applyMergePatch(computed, rest) as T;
  if (said === undefined) return merged;
  const olds = conditionsOf(before);
  const conditions = byType(conditionsOf(computed), conditionsOf(overlay), (own, next) => {
    const {
      lastTransitionTime: _when,
      reason: _why,
      message: _words,
      ...kept
    } = {
      reason: undefined,
      message: undefined,
      ...own,
    };
    const status = next.status ?? own?.status ?? 'Unknown';
    const old = olds.find(({ type }) => type === next.type);
    const since = old?.status === status ? old.lastTransitionTime : undefined;
    return { ...kept, lastTransitionTime: since ?? now, ...next, status };
  });
  return { ...merged, conditions };
}

function byType(
  first: readonly Condition[],
  second: readonly Condition[],
  both: (first: Condition | undefined, second: Condition) => Condition,
): Condition[] {
  const kept = first.filter(({ type }) => !second.some((each) => each.type === type));
  const said = second.map((next) =>
    both(
      first.find(({ type }) => type === next.type),
      next,
    ),
  );
  return [...kept, ...said];
}
