/** Requests and limits of a container or a whole pod. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  required,
} from '../../../../api/field-errors.ts';
import { compareQuantities, formatQuantity } from '../../../../api/quantity.ts';
import type { ResourceClaim, ResourceRequirements } from '../../../../api/types/core-v1.ts';
import { dns1123Label } from '../../../../api/validation/names.ts';
import { check } from '../checks.ts';
import {
  isHugePages,
  isNative,
  quantityOf,
  type ResourceList,
  validateContainerResourceName,
  validateQuantity,
} from '../resource-list.ts';

/** Cpu and memory may be promised beyond what there is; devices and huge pages may not. */
const mayOvercommit = (name: string): boolean => isNative(name) && !isHugePages(name);

function validateList(list: ResourceList, field: string): FieldError[] {
  return Object.entries(list).flatMap(([name, value]) => [
    ...validateContainerResourceName(name, `${field}[${name}]`),
    ...validateQuantity(name, value, `${field}[${name}]`),
  ]);
}

/** One request against the limit of the same resource. */
function validateRequest(name: string, limits: ResourceList, at: RequestAt): FieldError[] {
  const request = quantityOf(at.value);
  if (limits[name] === undefined) {
    if (mayOvercommit(name)) return [];
    const detail = 'Limit must be set for non overcommitable resources';
    return [required(`${at.field}.limits`, detail)];
  }
  const limit = quantityOf(limits[name]);
  if (request === undefined || limit === undefined) return [];
  const order = compareQuantities(request, limit);
  if (order === 0 || (order < 0 && mayOvercommit(name))) return [];
  const relation = mayOvercommit(name) ? 'less than or equal to' : 'equal to';
  const detail = `must be ${relation} ${name} limit of ${formatQuantity(limit)}`;
  return [invalid(`${at.field}.requests`, formatQuantity(request), detail)];
}

interface RequestAt {
  readonly value: string | number;
  readonly field: string;
}

function validateClaims(
  claims: readonly ResourceClaim[],
  podClaims: ReadonlySet<string>,
  field: string,
): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap(({ name, request }, i) => {
    const at = `${field}[${i}]`;
    if (!name) return [required(at)];
    const errors = request ? check(dns1123Label, request, `${at}.request`) : [];
    const identity = request ? `${name}/${request}` : name;
    if (seen.has(identity)) errors.push(duplicate(at, identity));
    seen.add(identity);
    if (!podClaims.has(name)) {
      const list =
        podClaims.size === 0 ? ' which is empty' : `: ${[...podClaims].sort().join(', ')}`;
      const error = notFound(at, name);
      const detail = `must be one of the names in pod.spec.resourceClaims${list}`;
      errors.push({ ...error, message: `${error.message}: ${detail}` });
    }
    return errors;
  });
}

export function validateResources(
  resources: ResourceRequirements | undefined,
  podClaims: ReadonlySet<string>,
  field: string,
): FieldError[] {
  if (resources === undefined) return [];
  const { limits = {}, requests = {}, claims = [] } = resources;
  const errors = [
    ...validateList(limits, `${field}.limits`),
    ...validateList(requests, `${field}.requests`),
    ...Object.entries(requests).flatMap(([name, value]) =>
      validateRequest(name, limits, { value, field }),
    ),
  ];
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory')) {
    errors.push(forbidden(field, 'HugePages require cpu or memory'));
  }
  return [...errors, ...validateClaims(claims, podClaims, `${field}.claims`)];
}
