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

const HUGE_PAGES = 'hugepages-';
const UNIT = 1_000_000_000n;

/** Cpu and memory may be promised beyond what there is; devices and huge pages may not. */
const mayOvercommit = (name: string): boolean => isNative(name) && !isHugePages(name);

type NameRule = (name: string, field: string) => FieldError[];

/** Huge pages come whole. */
function validatePages(name: string, value: string | number, field: string): FieldError[] {
  if (!isHugePages(name)) return [];
  const [amount, page] = [quantityOf(value), quantityOf(name.slice(HUGE_PAGES.length))];
  if (amount === undefined) return [];
  const isWhole =
    page !== undefined &&
    page.nano > 0n &&
    page.nano % UNIT === 0n &&
    amount.nano % page.nano === 0n;
  const text = formatQuantity(amount);
  return isWhole
    ? []
    : [invalid(field, text, `${text} is not positive integer multiple of ${name}`)];
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
  field: string,
  rules: { readonly claims: ReadonlySet<string>; readonly validateName?: NameRule },
): FieldError[] {
  if (resources === undefined) return [];
  const { limits = {}, requests = {}, claims = [] } = resources;
  const { validateName = validateContainerResourceName } = rules;
  const errors = (['limits', 'requests'] as const).flatMap((which) =>
    Object.entries(resources[which] ?? {}).flatMap(([name, value]) => {
      const at = `${field}.${which}[${name}]`;
      return [
        ...validateName(name, at),
        ...validateQuantity(name, value, at),
        ...(which === 'limits' ? [] : validateRequest(name, limits, { value, field })),
        ...validatePages(name, value, at),
      ];
    }),
  );
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory')) {
    errors.push(forbidden(field, 'HugePages require cpu or memory'));
  }
  return [...errors, ...validateClaims(claims, rules.claims, `${field}.claims`)];
}
