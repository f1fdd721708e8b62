/** Kubernetes' library of quantities. */
import {
  formatQuantity,
  parseQuantity,
  type Quantity as Parsed,
  QuantityError,
} from '../../quantity.ts';
import { type Overload, overload, traverse } from '../overloads.ts';
import { CelError, type CelValue, MAX_INT, MIN_INT, Opaque } from '../values.ts';

const NANO = 1_000_000_000n;

class Quantity extends Opaque {
  readonly typeName = 'kubernetes.Quantity';
  readonly parsed: Parsed;

  constructor(parsed: Parsed) {
    super();
    this.parsed = parsed;
  }

  get nano(): bigint {
    return this.parsed.nano;
  }

  plus(nano: bigint): Quantity {
    return new Quantity({ ...this.parsed, nano: this.nano + nano });
  }

  override equals(other: CelValue): boolean {
    return other instanceof Quantity && other.nano === this.nano;
  }

  override toString(): string {
    return formatQuantity(this.parsed);
  }
}

function readQuantity(text: string): Quantity | string {
  try {
    return new Quantity(parseQuantity(text));
  } catch (error) {
    if (error instanceof QuantityError) return error.message;
    throw error;
  }
}

/** Throws {@link CelError}. */
export function quantity(text: string): Quantity {
  const found = readQuantity(text);
  if (typeof found === 'string') throw new CelError(found);
  return found;
}

const isWhole = ({ nano }: Quantity): boolean =>
  nano % NANO === 0n && nano / NANO <= MAX_INT && nano / NANO >= MIN_INT;

const order = (a: bigint, b: bigint): bigint => (a < b ? -1n : a > b ? 1n : 0n);
const reading = { cost: traverse };

export const quantityLibrary: readonly Overload[] = [
  overload('isQuantity(string): bool', (t: string) => typeof readQuantity(t) !== 'string', reading),
  overload('quantity(string): Quantity', quantity, reading),
  overload('sign(Quantity): int', ({ nano }: Quantity) => order(nano, 0n)),
  overload('Quantity.isInteger(): bool', isWhole),
  overload('Quantity.asInteger(): int', (q: Quantity) => {
    if (!isWhole(q)) throw new CelError('cannot convert value to integer');
    return q.nano / NANO;
  }),
  overload('Quantity.asApproximateFloat(): double', ({ nano }: Quantity) => Number(nano) / 1e9),
  overload('Quantity.add(Quantity): Quantity', (a: Quantity, b: Quantity) => a.plus(b.nano)),
  overload('Quantity.add(int): Quantity', (a: Quantity, b: bigint) => a.plus(b * NANO)),
  overload('Quantity.sub(Quantity): Quantity', (a: Quantity, b: Quantity) => a.plus(-b.nano)),
  overload('Quantity.sub(int): Quantity', (a: Quantity, b: bigint) => a.plus(-b * NANO)),
  overload('Quantity.isLessThan(Quantity): bool', (a: Quantity, b: Quantity) => a.nano < b.nano),
  overload('Quantity.isGreaterThan(Quantity): bool', (a: Quantity, b: Quantity) => a.nano > b.nano),
  overload('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) =>
    order(a.nano, b.nano),
  ),
  overload('string(Quantity): string', (q: Quantity) => q.toString()),
];
