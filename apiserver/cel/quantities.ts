/** Kubernetes' libraries of quantities and of semantic versions. */
import {
  formatQuantity,
  parseQuantity,
  type Quantity as Parsed,
  QuantityError,
} from '../../api/quantity.ts';
import { type Overload, overload, traverse } from './overloads.ts';
import { CelError, type CelValue, MAX_INT, MIN_INT, Opaque } from './values.ts';

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

function quantity(text: string): Quantity {
  const found = readQuantity(text);
  if (typeof found === 'string')
    throw new CelError(`quantity parse error during conversion from string: ${found}`);
  return found;
}

const isWhole = ({ nano }: Quantity): boolean =>
  nano % NANO === 0n && nano / NANO <= MAX_INT && nano / NANO >= MIN_INT;

const order = (a: bigint, b: bigint): bigint => (a < b ? -1n : a > b ? 1n : 0n);
const reading = { cost: traverse };

export const quantityLibrary: readonly Overload[] = [
  overload('isQuantity(string): bool', (t: string) => typeof readQuantity(t) !== 'string', reading),
  overload('quantity(string): Quantity', quantity, reading),
  overload('Quantity.sign(): int', ({ nano }: Quantity) => order(nano, 0n)),
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

const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const NUMBER = '(0|[1-9]\\d*)';
const SEMVER = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${IDENTIFIERS}))?(?:\\+(${IDENTIFIERS}))?$`,
);

class Semver extends Opaque {
  readonly typeName = 'kubernetes.Semver';
  readonly text: string;
  readonly numbers: readonly bigint[];
  readonly before: readonly string[];

  constructor(text: string, numbers: readonly bigint[], before: readonly string[]) {
    super();
    this.text = text;
    this.numbers = numbers;
    this.before = before;
  }

  compareTo(other: Semver): bigint {
    for (let i = 0; i < 3; i++) {
      const by = order(this.numbers[i]!, other.numbers[i]!);
      if (by !== 0n) return by;
    }
    return precedence(this.before, other.before);
  }

  override equals(other: CelValue): boolean {
    return other instanceof Semver && this.compareTo(other) === 0n;
  }
}

/** semver.org, 11: a version before a release is less than it; numbers are less than words. */
function precedence(a: readonly string[], b: readonly string[]): bigint {
  if (a.length === 0 || b.length === 0) return BigInt(Number(b.length > 0) - Number(a.length > 0));
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1n : 1n;
    if (x === y) continue;
    const numeric = [x, y].map((part) => /^\d+$/.test(part));
    if (numeric[0] && numeric[1]) return order(BigInt(x), BigInt(y));
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1n : 1n;
    return x < y ? -1n : 1n;
  }
  return 0n;
}

const MAX_SEMVER = 1_000;

function readSemver(text: string, normalize = false): Semver | undefined {
  const plain = normalize ? normalized(text) : text;
  const found = plain.length > MAX_SEMVER ? null : SEMVER.exec(plain);
  if (found === null) return undefined;
  const numbers = found.slice(1, 4).map(BigInt);
  const before = found[4]?.split('.') ?? [];
  if (before.some((part) => /^0\d+$/.test(part))) return undefined;
  return new Semver(plain, numbers, before);
}

/** "v1.2" is 1.2.0, and 01.02.03 is 1.2.3. */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([^-+]*)(.*)$/s.exec(text.slice(0, MAX_SEMVER + 1))!;
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3 && rest === '') parts.push('0');
  return parts.join('.') + rest;
}

function semver(text: string, normalize = false): Semver {
  const found = readSemver(text, normalize);
  if (found === undefined)
    throw new CelError(`semver parse error during conversion from string: ${text}`);
  return found;
}

const isSemver = (text: string, normalize?: boolean): boolean =>
  readSemver(text, normalize) !== undefined;

export const semverLibrary: readonly Overload[] = [
  overload('isSemver(string): bool', isSemver, reading),
  overload('isSemver(string, bool): bool', isSemver, reading),
  overload('semver(string): Semver', semver, reading),
  overload('semver(string, bool): Semver', semver, reading),
  ...['major', 'minor', 'patch'].map((name, i) =>
    overload(`Semver.${name}(): int`, ({ numbers }: Semver) => numbers[i]!),
  ),
  overload('Semver.isLessThan(Semver): bool', (a: Semver, b: Semver) => a.compareTo(b) < 0n),
  overload('Semver.isGreaterThan(Semver): bool', (a: Semver, b: Semver) => a.compareTo(b) > 0n),
  overload('Semver.compareTo(Semver): int', (a: Semver, b: Semver) => a.compareTo(b)),
];
