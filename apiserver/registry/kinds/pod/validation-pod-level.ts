/** Resources of a pod as a whole, and whether its containers fit into them (KEP-2837). */
import { type FieldError, forbidden, invalid, notSupported } from '../../../../api/field-errors.ts';
import { compareQuantities, formatQuantity, type Quantity } from '../../../../api/quantity.ts';
import { containersTotal, isPodLevel } from '../../../../api/quota/pod-resources.ts';
import type { PodSpec } from '../../../../api/types/core-v1.ts';
import {
  isHugePages,
  quantityOf,
  type ResourceList,
  validateResourceName,
} from '../resource-list.ts';
import { validateResources } from './validation-resources.ts';

const supported = ['cpu', 'hugepages-', 'memory'];

function validateName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (errors.length > 0 || isPodLevel(name)) return errors;
  return [notSupported(field, name, supported)];
}

export function validatePodLevelResources(
  spec: PodSpec,
  claims: ReadonlySet<string>,
  field: string,
): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  if (spec.os?.name === 'windows') return [forbidden(field, 'may not be set for a windows pod')];
  const errors: FieldError[] = [];
  if (resources.claims?.length)
    errors.push(forbidden(`${field}.claims`, 'claims may not be set for Resources at pod-level'));
  return [
    ...errors,
    ...validateResources(resources, field, { claims, validateName }),
    ...validateTotals(spec, 'requests', field),
    ...validateTotals(spec, 'limits', field),
    ...validateContainerLimits(spec, field),
  ];
}

/** Of limits only those of huge pages: others may be reached by one container after another. */
function validateTotals(spec: PodSpec, which: 'requests' | 'limits', field: string): FieldError[] {
  const own: ResourceList = spec.resources?.[which] ?? {};
  return [...containersTotal(spec, which)].flatMap(([name, total]) => {
    if (own[name] === undefined || (which === 'limits' && !isHugePages(name))) return [];
    const detail = `must be greater than or equal to aggregate container ${which} of`;
    const quantity = quantityOf(own[name]);
    if (quantity === undefined || !isMore(total, quantity)) return [];
    const text = `${detail} ${formatQuantity(total)}`;
    return [invalid(`${field}.${which}[${name}]`, formatQuantity(quantity), text)];
  });
}

function validateContainerLimits({ containers, resources }: PodSpec, field: string): FieldError[] {
  const own: ResourceList = resources?.limits ?? {};
  return containers.flatMap((container, i) =>
    Object.entries(container.resources?.limits ?? {}).flatMap(([name, limit]) => {
      const [quantity, most] = [quantityOf(limit), own[name] && quantityOf(own[name])];
      if (!quantity || !most || !isMore(quantity, most)) return [];
      const detail = `must be less than or equal to pod limits of ${formatQuantity(most)}`;
      // Kubernetes names the field so.
      const at = `${field}.containers[${i}][${name}].limits`;
      return [invalid(at, formatQuantity(quantity), detail)];
    }),
  );
}

const isMore = (a: Quantity, b: Quantity): boolean => compareQuantities(a, b) > 0;
