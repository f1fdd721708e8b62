/** A pod runs as it was made: the few fields of its spec that may change afterwards. */
import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, forbidden, invalid } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type {
  Container,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  Toleration,
} from '../../../../api/types/core-v1.ts';
import { inRange } from '../../../../api/validation/formats.ts';
import { changedPaths } from '../../../../api/changed-paths.ts';
import { MAX_INT32 } from './validation.ts';

const MAY_CHANGE =
  'pod updates may not change fields other than `spec.containers[*].image`,' +
  '`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` ' +
  '(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` ' +
  '(allow it to be set to 1 if it was previously negative)';

function validateDeadline(spec: PodSpec, old: PodSpec): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  const before = old.activeDeadlineSeconds;
  const after = spec.activeDeadlineSeconds;
  if (after === undefined) {
    if (before === undefined) return [];
    return [invalid(field, after, 'must not update from a positive integer to nil value')];
  }
  const outside = inRange(after, 0, MAX_INT32);
  if (outside.length > 0) return outside.map((text) => invalid(field, after, text));
  if (before === undefined || after <= before) return [];
  return [invalid(field, after, 'must be less than or equal to previous value')];
}

/** Same toleration but for how long. */
function sameToleration(a: Toleration, b: Toleration): boolean {
  return deepEqual({ ...a, tolerationSeconds: 0 }, { ...b, tolerationSeconds: 0 });
}

function validateTolerations(spec: PodSpec, old: PodSpec): FieldError[] {
  const after = spec.tolerations ?? [];
  const kept = (old.tolerations ?? []).every((b) => after.some((a) => sameToleration(a, b)));
  if (kept) return [];
  const detail = 'existing toleration can not be modified except its tolerationSeconds';
  return [forbidden('spec.tolerations', detail)];
}

function validateGates(spec: PodSpec, old: PodSpec): FieldError[] {
  const known = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  return (spec.schedulingGates ?? []).flatMap(({ name = '' }, i) => {
    if (known.has(name)) return [];
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return [forbidden(`spec.schedulingGates[${i}].name`, detail)];
  });
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

function narrows(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const keeps = (field: 'matchExpressions' | 'matchFields'): boolean =>
    (old[field] ?? []).every((need, i) => deepEqual(term[field]?.[i], need));
  return keeps('matchExpressions') && keeps('matchFields');
}

/** While gates hold a pod back, where it may run can only be narrowed. */
function validateGatedPlacement(spec: PodSpec, old: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(old.nodeSelector ?? {})) {
    if (spec.nodeSelector?.[key] === value) continue;
    const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(invalid('spec.nodeSelector', spec.nodeSelector, detail));
    break;
  }
  const before = old.affinity?.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? [];
  if (before.length === 0) return errors;
  const field = `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms`;
  const after = spec.affinity?.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? [];
  if (after.length !== before.length) {
    const detail = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    return [...errors, invalid(field, after, detail)];
  }
  const widened = after.findIndex((term, i) => !narrows(term, before[i]!));
  if (widened < 0) return errors;
  const detail = 'only additions are allowed (no mutations or deletions)';
  return [...errors, invalid(`${field}[${widened}]`, after[widened], detail)];
}

function withImages(containers: readonly Container[], images: readonly Container[]): Container[] {
  return containers.map((container, i) => {
    const { image: _own, ...rest } = container;
    const image = images[i]!.image;
    return image === undefined ? rest : { ...rest, image };
  });
}

/** The new spec with everything that may change set back to what it was. */
function unchanged(spec: PodSpec, old: PodSpec): PodSpec {
  const back: Mutable<PodSpec> = { ...spec } as Mutable<PodSpec>;
  const restore = <K extends keyof PodSpec>(field: K): void => {
    const value = old[field] as Mutable<PodSpec>[K] | undefined;
    if (value === undefined) delete back[field];
    else back[field] = value;
  };
  restore('activeDeadlineSeconds');
  restore('tolerations');
  restore('schedulingGates');
  if (old.schedulingGates?.length) {
    restore('nodeSelector');
    const { nodeAffinity: _own, ...others } = spec.affinity ?? {};
    const nodeAffinity = old.affinity?.nodeAffinity;
    const affinity = nodeAffinity === undefined ? others : { ...others, nodeAffinity };
    if (old.affinity === undefined && Object.keys(affinity).length === 0) delete back.affinity;
    else back.affinity = affinity as NonNullable<typeof back.affinity>;
  }
  const negative = (old.terminationGracePeriodSeconds ?? 0) < 0;
  if (negative && spec.terminationGracePeriodSeconds === 1)
    restore('terminationGracePeriodSeconds');
  back.containers = withImages(spec.containers, old.containers) as typeof back.containers;
  if (spec.initContainers && old.initContainers) {
    const containers = withImages(spec.initContainers, old.initContainers);
    back.initContainers = containers as NonNullable<typeof back.initContainers>;
  }
  return back;
}

export function validatePodUpdate({ spec }: Pod, { spec: old }: Pod): FieldError[] {
  for (const list of ['containers', 'initContainers'] as const) {
    if ((spec[list]?.length ?? 0) === (old[list]?.length ?? 0)) continue;
    return [forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
  }
  const errors = [
    ...validateDeadline(spec, old),
    ...validateGates(spec, old),
    ...validateTolerations(spec, old),
    ...(old.schedulingGates?.length ? validateGatedPlacement(spec, old) : []),
  ];
  const paths = changedPaths(unchanged(spec, old), old, 'spec');
  if (paths.length > 0) errors.push(forbidden('spec', `${MAY_CHANGE}\n${paths.join('\n')}`));
  return errors;
}
