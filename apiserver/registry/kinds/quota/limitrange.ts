import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
} from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { formatQuantity, type Quantity } from '../../../../api/quantity.ts';
import { limitRanges } from '../../../../api/resources.ts';
import type { LimitRange, LimitRangeItem } from '../../../../api/types/core-v1.ts';
import { qualifiedName } from '../../../../api/validation/names.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { createdAtPrinter } from '../cells.ts';
import { check } from '../checks.ts';
import {
  isHugePages,
  isNative,
  quantityOf,
  validateContainerResourceName,
  validateResourceName,
} from '../resource-list.ts';
import { roundAmounts } from '../../../../api/quantity.ts';

const types = ['Pod', 'Container', 'PersistentVolumeClaim'];
const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
type ListName = (typeof lists)[number];

const WHOLE = 1_000_000_000n;

/** For containers a maximum is the default limit, and a default limit the default request. */
function applyDefaults(object: Mutable<LimitRange>): void {
  const spec = (object.spec ??= { limits: [] });
  for (const item of spec.limits ?? []) {
    const { max, min, maxLimitRequestRatio, default: limit, defaultRequest } = item;
    for (const each of [max, min, maxLimitRequestRatio, limit, defaultRequest]) roundAmounts(each);
    if (item.type !== 'Container') continue;
    const limits = (item.default ??= {});
    const requests = (item.defaultRequest ??= {});
    for (const [name, value] of Object.entries(item.max ?? {})) limits[name] ??= value;
    for (const [name, value] of Object.entries(limits)) requests[name] ??= value;
    for (const [name, value] of Object.entries(item.min ?? {})) requests[name] ??= value;
  }
}

function validateType(type: string, field: string): FieldError[] {
  const errors = check(qualifiedName, type, field);
  if (errors.length > 0 || type.includes('/') || types.includes(type)) return errors;
  return [invalid(field, type, 'must be a standard limit type or fully qualified')];
}

function validateNames(item: LimitRangeItem, list: ListName, field: string): FieldError[] {
  const ofContainers = item.type === 'Pod' || item.type === 'Container';
  const rule = ofContainers ? validateContainerResourceName : validateResourceName;
  return Object.keys(item[list] ?? {}).flatMap((name) => rule(name, `${field}.${list}[${name}]`));
}

/** What an item says about one resource. */
type Amounts = Readonly<Partial<Record<ListName, Quantity>>>;

function amountsOf(item: LimitRangeItem, name: string): Amounts {
  const entries = lists.flatMap((list) => {
    const value = item[list]?.[name];
    const quantity = value === undefined ? undefined : quantityOf(value);
    return quantity === undefined ? [] : [[list, quantity] as const];
  });
  return Object.fromEntries(entries);
}

const words: Readonly<Record<ListName, string>> = {
  min: 'min value',
  max: 'max value',
  default: 'default value',
  defaultRequest: 'default request value',
  maxLimitRequestRatio: 'ratio',
};

/** [the smaller, the larger, whose field is named, whose value is shown, the larger's words]. */
const orders: readonly (readonly [ListName, ListName, ListName, ListName, string?])[] = [
  ['min', 'max', 'min', 'min'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default limit value'],
  ['min', 'default', 'default', 'min'],
  ['default', 'max', 'default', 'max'],
];

function validateOrder(amounts: Amounts, at: (list: ListName) => string): FieldError[] {
  return orders.flatMap(([small, large, named, shown, says]) => {
    const [a, b] = [amounts[small], amounts[large]];
    if (a === undefined || b === undefined || a.nano <= b.nano) return [];
    const detail =
      `${words[small]} ${formatQuantity(a)} is greater than ` +
      `${says ?? words[large]} ${formatQuantity(b)}`;
    return [invalid(at(named), formatQuantity(amounts[shown]!), detail)];
  });
}

function validateRatio(amounts: Amounts, field: string): FieldError[] {
  const { maxLimitRequestRatio: ratio, min, max } = amounts;
  if (ratio === undefined) return [];
  const text = formatQuantity(ratio);
  const errors: FieldError[] = [];
  if (ratio.nano < WHOLE) errors.push(invalid(field, text, `ratio ${text} is less than 1`));
  if (min === undefined || max === undefined) return errors;
  const limit = Number(max.nano) / Number(min.nano);
  if (Number(ratio.nano) / Number(WHOLE) <= limit) return errors;
  const detail = `ratio ${text} is greater than max/min = ${limit.toFixed(6)}`;
  return [...errors, invalid(field, text, detail)];
}

/** Only what can be shared by time may be promised twice. */
function allowsOvercommit(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

function validateAmounts(item: LimitRangeItem, name: string, field: string): FieldError[] {
  const { default: _d, defaultRequest: _r, ...ofPods } = item;
  const amounts = amountsOf(item.type === 'Pod' ? ofPods : item, name);
  const at = (list: ListName): string => `${field}.${list}[${name}]`;
  const errors = [
    ...validateOrder(amounts, at),
    ...validateRatio(amounts, at('maxLimitRequestRatio')),
  ];
  const { default: limit, defaultRequest: request } = amounts;
  if (allowsOvercommit(name) || limit === undefined || request === undefined) return errors;
  if (limit.nano === request.nano) return errors;
  const [a, b] = [formatQuantity(limit), formatQuantity(request)];
  const detail = `default value ${a} must equal to defaultRequest value ${b} in ${name}`;
  return [...errors, invalid(at('defaultRequest'), b, detail)];
}

function validateItem(item: LimitRangeItem, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of lists) {
    if (item.type === 'Pod' && (list === 'default' || list === 'defaultRequest')) {
      if (Object.keys(item[list] ?? {}).length === 0) continue;
      errors.push(forbidden(`${field}.${list}`, "may not be specified when `type` is 'Pod'"));
    } else errors.push(...validateNames(item, list, field));
  }
  const bounded = item.min?.['storage'] !== undefined || item.max?.['storage'] !== undefined;
  if (item.type === 'PersistentVolumeClaim' && !bounded) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(required(`${field}.limits`, detail));
  }
  const names = new Set(lists.flatMap((list) => Object.keys(item[list] ?? {})));
  return [...errors, ...[...names].flatMap((name) => validateAmounts(item, name, field))];
}

function validate({ spec }: LimitRange): FieldError[] {
  const seen = new Set<string>();
  return (spec.limits ?? []).flatMap((item, i) => {
    const field = `spec.limits[${i}]`;
    const { type = '' } = item;
    const errors = validateType(type, `${field}.type`);
    if (seen.has(type)) errors.push(duplicate(`${field}.type`, type));
    seen.add(type);
    return [...errors, ...validateItem(item, field)];
  });
}

export const limitRange = {
  type: limitRanges,
  singular: 'limitrange',
  shortNames: ['limits'],
  allowCreateOnUpdate: true,
  applyDefaults,
  validate,
  printer: createdAtPrinter,
} satisfies ResourceDeclaration<LimitRange>;
