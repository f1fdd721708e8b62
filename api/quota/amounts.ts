import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  subtractQuantities,
} from '../quantity.ts';

/** How much of each resource, by its name. Names are the clients': a Map takes any. */
export type Amounts = ReadonlyMap<string, Quantity>;

export type QuantityList = Readonly<Record<string, string | number>>;

export function amountsOf(list: QuantityList | undefined): Map<string, Quantity> {
  return new Map(
    Object.entries(list ?? {}).map(([name, value]) => [name, parseQuantity(value)] as const),
  );
}

export function listOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, formatQuantity(amount)]));
}

/** "cpu=1,memory=1Gi", in order of the alphabet. */
export function amountsText(amounts: Amounts): string {
  return [...amounts]
    .map(([name, amount]) => `${name}=${formatQuantity(amount)}`)
    .sort()
    .join(',');
}

export const count = (number: number): Quantity => ({
  nano: BigInt(number) * 1_000_000_000n,
  format: 'DecimalSI',
});

export function addTo(total: Map<string, Quantity>, more: Amounts): void {
  for (const [name, amount] of more) {
    const before = total.get(name);
    total.set(name, before === undefined ? amount : addQuantities(before, amount));
  }
}

export function sum(a: Amounts, b: Amounts): Map<string, Quantity> {
  const total = new Map(a);
  addTo(total, b);
  return total;
}

/** The larger of each. */
export function raiseTo(total: Map<string, Quantity>, other: Amounts): void {
  for (const [name, amount] of other) {
    const before = total.get(name);
    if (before === undefined || compareQuantities(amount, before) > 0) total.set(name, amount);
  }
}

/** What `after` has more than `before`; what shrinks counts as nothing. */
export function growth(after: Amounts, before: Amounts): Map<string, Quantity> {
  const grown = new Map<string, Quantity>();
  for (const [name, amount] of after) {
    const old = before.get(name);
    const more = old === undefined ? amount : subtractQuantities(amount, old);
    if (more.nano > 0n) grown.set(name, more);
  }
  return grown;
}

export function only(amounts: Amounts, names: (name: string) => boolean): Map<string, Quantity> {
  return new Map([...amounts].filter(([name]) => names(name)));
}

export function sameAmounts(a: Amounts, b: Amounts): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([name, amount]) => {
    const other = b.get(name);
    return other !== undefined && compareQuantities(amount, other) === 0;
  });
}
