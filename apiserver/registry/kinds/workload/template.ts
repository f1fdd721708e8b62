/** What every kind that makes pods from a template shares. */
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { matchesLabelSelector } from '../../../../api/selector/label.ts';
import type { PodTemplateSpec } from '../../../../api/types/core-v1.ts';
import type { LabelSelector } from '../../../../api/types/meta-v1.ts';
import { validateLabelSelector } from '../../../../api/validation/labels.ts';
import { shownSelector } from '../shown-selector.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import { validatePodTemplate } from '../pod/validation.ts';

export interface Templated {
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

export function defaultTemplate(spec: { template?: Mutable<PodTemplateSpec> }): void {
  defaultPodTemplate((spec.template ??= {}));
}

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  Object.keys(matchLabels).length + matchExpressions.length === 0;

/** A selector must be there, and select something: an empty one would select every pod. */
function validateSelector(selector: LabelSelector | undefined): FieldError[] {
  if (selector === undefined) return [required('spec.selector')];
  if (isEmpty(selector))
    return [
      invalid('spec.selector', shownSelector(selector), 'empty selector is invalid for deployment'),
    ];
  const errors = validateLabelSelector(selector, 'spec.selector');
  if (errors.length > 0)
    errors.push(invalid('spec.selector', shownSelector(selector), 'invalid label selector'));
  return errors;
}

/** Pods that run for ever, of Deployments and ReplicaSets, selected by labels they are given. */
export function validateReplicas({ selector, template }: Templated): FieldError[] {
  const errors = validateSelector(selector);
  // Against a selector that cannot be read, the template is not judged; against none, it is.
  if (selector !== undefined && !isEmpty(selector) && errors.length > 0) return errors;
  if (template === undefined) return [...errors, required('spec.template')];
  const { labels } = template.metadata ?? {};
  if ((selector === undefined || !isEmpty(selector)) && !matchesLabelSelector(selector, labels)) {
    const detail = '`selector` does not match template `labels`';
    errors.push(invalid('spec.template.metadata.labels', labels, detail));
  }
  errors.push(...validatePodTemplate(template, 'spec.template'));
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') {
    const field = 'spec.template.spec.restartPolicy';
    errors.push(notSupported(field, restartPolicy ?? '', ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in ReplicaSet is not Supported';
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', detail));
  }
  return errors;
}
