import {
  formatQuantity,
  parseQuantity,
  subtractQuantities,
  wholeValue,
} from '../../api/quantity.ts';
import { type Threshold, thresholdBytes } from './thresholds.ts';

type Amounts = Readonly<Record<string, string>>;

/**
 * What of the capacity pods may have: without what is reserved and without what has to stay
 * available. Undefined: for some resource nothing is left.
 */
export function allocatableOf(
  capacity: Amounts,
  reserved: readonly Amounts[],
  thresholds: readonly Threshold[],
): Record<string, string> | undefined {
  const allocatable: Record<string, string> = { ...capacity };
  for (const [name, whole] of Object.entries(capacity)) {
    let left = parseQuantity(whole);
    for (const amounts of reserved)
      left = subtractQuantities(left, parseQuantity(amounts[name] ?? '0'));
    for (const threshold of thresholds.filter(({ resource }) => resource === name)) {
      const bytes = thresholdBytes(threshold, wholeValue(whole));
      left = subtractQuantities(left, parseQuantity(String(bytes)));
    }
    if (left.nano < 0n) return undefined;
    allocatable[name] = formatQuantity(left);
  }
  return allocatable;
}
