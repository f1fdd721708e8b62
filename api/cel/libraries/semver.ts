/** Kubernetes' library of semantic versions (semver.org); messages are blang/semver's. */
import { type Overload, overload, traverse } from '../overloads.ts';
import { CelError, type CelValue, MAX_UINT, Opaque } from '../values.ts';

const order = (a: bigint, b: bigint): bigint => (a < b ? -1n : a > b ? 1n : 0n);

class Semver extends Opaque {
  readonly typeName = 'kubernetes.Semver';
  readonly numbers: readonly bigint[];
  readonly before: readonly string[];

  constructor(numbers: readonly bigint[], before: readonly string[]) {
    super();
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

/** Why a text is no version. */
class Fault extends Error {
  override readonly name = 'Fault';
}

function number(name: string, text: string): bigint {
  if (!/^\d*$/.test(text))
    throw new Fault(`Invalid character(s) found in ${name} number ${JSON.stringify(text)}`);
  const shown = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  if (/^0\d/.test(text))
    throw new Fault(`${shown} number must not contain leading zeroes ${JSON.stringify(text)}`);
  const value = text === '' ? undefined : BigInt(text.slice(0, 21));
  if (value !== undefined && value <= MAX_UINT) return value;
  const why = value === undefined ? 'invalid syntax' : 'value out of range';
  throw new Fault(`strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`);
}

function identifiers(what: string, empty: string, text: string): readonly string[] {
  const parts = text.split('.');
  for (const part of parts) {
    if (part === '') throw new Fault(empty);
    if (!/^[0-9A-Za-z-]+$/.test(part))
      throw new Fault(`Invalid character(s) found in ${what} ${JSON.stringify(part)}`);
  }
  return parts;
}

/** Throws Fault. */
function read(text: string): Semver {
  if (text === '') throw new Fault('Version string empty');
  const [major, minor, ...rest] = text.split('.');
  if (minor === undefined || rest.length === 0)
    throw new Fault('No Major.Minor.Patch elements found');
  const last = rest.join('.');
  const [numbers = '', build] = split(last, '+');
  const [patch = '', before] = split(numbers, '-');
  const found = [number('major', major!), number('minor', minor), number('patch', patch)];
  const release =
    before === undefined ? [] : identifiers('prerelease', 'Prerelease is empty', before);
  const zeroes = release.find((part) => /^0\d+$/.test(part));
  if (zeroes !== undefined)
    throw new Fault(
      `Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(zeroes)}`,
    );
  if (build !== undefined) identifiers('build meta data', 'Build meta data is empty', build);
  return new Semver(found, release);
}

function split(text: string, at: string): readonly [string, string?] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

/** "v1.2" is 1.2.0, and 01.02.03 is 1.2.3. */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([^-+]*)(.*)$/s.exec(text)!;
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3 && rest === '') parts.push('0');
  return parts.join('.') + rest;
}

/** Throws {@link CelError}. */
export function semver(text: string, normalize = false): Semver {
  try {
    return read(normalize ? normalized(text) : text);
  } catch (error) {
    if (error instanceof Fault) throw new CelError(error.message);
    throw error;
  }
}

function isSemver(text: string, normalize = false): boolean {
  try {
    read(normalize ? normalized(text) : text);
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

const reading = { cost: traverse };

export const semverLibrary: readonly Overload[] = [
  overload('isSemver(string): bool', (text: string) => isSemver(text), reading),
  overload('isSemver(string, bool): bool', isSemver, reading),
  overload('semver(string): Semver', (text: string) => semver(text), reading),
  overload('semver(string, bool): Semver', semver, reading),
  ...['major', 'minor', 'patch'].map((name, i) =>
    overload(`Semver.${name}(): int`, ({ numbers }: Semver) => numbers[i]!),
  ),
  overload('Semver.isLessThan(Semver): bool', (a: Semver, b: Semver) => a.compareTo(b) < 0n),
  overload('Semver.isGreaterThan(Semver): bool', (a: Semver, b: Semver) => a.compareTo(b) > 0n),
  overload('Semver.compareTo(Semver): int', (a: Semver, b: Semver) => a.compareTo(b)),
];
