/** Field errors of resource names and quantities: cpu, memory, hugepages-*, example.com/gpu. */
import { type FieldError, invalid } from '../../../api/field-errors.ts';
import {
  formatQuantity,
  parseQuantity,
  type Quantity,
  QuantityError,
} from '../../../api/quantity.ts';
import { qualifiedName } from '../../../api/validation/names.ts';
import { check } from './checks.ts';

export type ResourceList = Readonly<Record<string, string | number>>;

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** Counts of objects: of a node's or a quota's resources these and extended ones are whole. */
const objectCounts = new Set([
  'pods',
  'replicationcontrollers',
  'services',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

const standardResources = new Set([
  ...containerResources,
  ...objectCounts,
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'storage',
]);

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-');

const isStandard = (name: string): boolean =>
  standardResources.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');

/** Kubernetes' own: without a domain, or with one below kubernetes.io. */
export const isNative = (name: string): boolean =>
  !name.includes('/') || name.includes('kubernetes.io/');

const isExtended = (name: string): boolean =>
  !isNative(name) &&
  !name.startsWith('requests.') &&
  qualifiedName(`requests.${name}`).length === 0;

export function validateResourceName(name: string, field: string): FieldError[] {
  const errors = check(qualifiedName, name, field);
  if (errors.length > 0 || name.includes('/') || isStandard(name)) return errors;
  return [invalid(field, name, 'must be a standard resource type or fully qualified')];
}

/** What a container may ask for. */
export function validateContainerResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (!name.includes('/')) {
    if (!containerResources.has(name) && !isHugePages(name)) {
      errors.push(invalid(field, name, 'must be a standard resource for containers'));
    }
  } else if (!isNative(name) && !isExtended(name)) {
    errors.push(invalid(field, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

/** Undefined for a text that is no quantity: decoding refuses those before validation. */
export function quantityOf(value: string | number): Quantity | undefined {
  try {
    return parseQuantity(value);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

export function validateQuantity(
  name: string,
  value: string | number,
  field: string,
): FieldError[] {
  const quantity = quantityOf(value);
  if (quantity === undefined) return [invalid(field, value, 'must be a quantity')];
  const errors: FieldError[] = [];
  const text = formatQuantity(quantity);
  if (quantity.nano < 0n) {
    errors.push(invalid(field, text, 'must be greater than or equal to 0'));
  }
  const whole = objectCounts.has(name) || isExtended(name);
  if (whole && quantity.nano % 1_000_000_000n !== 0n) {
    errors.push(invalid(field, text, 'must be an integer'));
  }
  return errors;
}
