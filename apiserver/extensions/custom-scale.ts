import { type FieldError, invalid, invalidError } from '../../api/field-errors.ts';
import { isNumber } from '../../api/long-integer.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import type { CustomResourceSubresourceScale } from '../../api/types/apiextensions-v1.ts';
import type { Scale } from '../../api/types/autoscaling-v1.ts';
import type { Subresource } from '../registry/declaration.ts';
import { column, nameColumn } from '../registry/kinds/cells.ts';
import { scalePrinter } from '../registry/kinds/workload/scale-subresource.ts';
import { stepsOf, valueAt, withValueAt } from './paths.ts';

const MAX_REPLICAS = 2 ** 31 - 1;

/** `/scale` of a custom resource: where its numbers stand says the definition. */
export function customScale(
  paths: CustomResourceSubresourceScale,
  validate: (object: KubernetesObject, old: KubernetesObject) => readonly FieldError[],
): Subresource<KubernetesObject> {
  const spec = stepsOf(paths.specReplicasPath);
  const status = stepsOf(paths.statusReplicasPath);
  const selector = paths.labelSelectorPath ? stepsOf(paths.labelSelectorPath) : undefined;
  return {
    name: 'scale',
    verbs: ['get', 'update', 'patch'],
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    owns: [spec[0]!],
    printer,
    read(parent): Scale {
      const replicas = valueAt(parent, spec);
      if (typeof replicas !== 'number') {
        const path = JSON.stringify(paths.specReplicasPath);
        const text = `Internal error occurred: the spec replicas field ${path} does not exist`;
        throw statusError('InternalError', text, { causes: [{ message: text.slice(25) }] });
      }
      const current = valueAt(parent, status);
      const labels = selector === undefined ? undefined : valueAt(parent, selector);
      const { name, namespace, uid, resourceVersion, creationTimestamp } = parent.metadata;
      const metadata = { name, namespace, uid, resourceVersion, creationTimestamp };
      return {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: metadata as Scale['metadata'],
        spec: replicas === 0 ? {} : { replicas },
        status: {
          replicas: typeof current === 'number' ? current : 0,
          ...(typeof labels === 'string' && labels !== '' ? { selector: labels } : {}),
        },
      };
    },
    parentConfiguration({ spec: sent }) {
      const { replicas } = (sent ?? {}) as { replicas?: unknown };
      return (replicas === undefined ? {} : withValueAt({}, spec, replicas)) as object;
    },
    write(sent, parent) {
      const replicas = (sent as Scale).spec?.replicas ?? 0;
      if (replicas < 0) {
        const error = invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
        const type = { group: 'autoscaling', kind: 'Scale' };
        throw invalidError(type, parent.metadata.name ?? '', [error]);
      }
      const scaled = withValueAt(parent, spec, replicas) as Mutable<KubernetesObject>;
      return {
        ...scaled,
        metadata: { ...parent.metadata } as Mutable<KubernetesObject>['metadata'],
      };
    },
    validateUpdate: validate,
  };
}

const printer = scalePrinter([
  nameColumn,
  { ...column('Desired', 'integer'), description: 'Number of desired replicas' },
  { ...column('Available', 'integer'), description: 'Number of actual replicas' },
  { name: 'Age', type: 'date' },
]);

/** Field errors of the numbers that scaling reads. */
export function validateScale(
  object: KubernetesObject,
  paths: CustomResourceSubresourceScale,
  part: 'all' | 'status',
): FieldError[] {
  const errors = part === 'all' ? countErrors(object, paths.specReplicasPath) : [];
  errors.push(...countErrors(object, paths.statusReplicasPath));
  const { labelSelectorPath } = paths;
  if (labelSelectorPath) {
    const value = valueAt(object, stepsOf(labelSelectorPath));
    if (value !== undefined && typeof value !== 'string') {
      const found = `${JSON.stringify(value)} is of the type ${typeof value}`;
      const detail = `${labelSelectorPath} accessor error: ${found}, expected string`;
      errors.push(invalid(labelSelectorPath, '', detail));
    }
  }
  return errors;
}

function countErrors(object: KubernetesObject, path: string): FieldError[] {
  const value = valueAt(object, stepsOf(path));
  if (value === undefined) return [];
  if (!isNumber(value) || (typeof value === 'number' && !Number.isInteger(value))) {
    const type = typeof value === 'number' ? 'float64' : typeof value;
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    const detail = `${path} accessor error: ${shown} is of the type ${type}, expected int64`;
    return [invalid(path, 0, detail)];
  }
  if (value < 0) return [invalid(path, value, 'should be a non-negative integer')];
  if (value <= MAX_REPLICAS) return [];
  return [invalid(path, value, `should be less than or equal to ${MAX_REPLICAS}`)];
}
