import { isObject } from '../../api/deep.ts';

const SAME = '***';
const BEFORE = '*** (before)';
const AFTER = '*** (after)';

/** Two states of a Secret whose values say only whether they differ. */
export function maskedSecrets(from: unknown, to: unknown): [unknown, unknown] {
  const [a, b] = [dataOf(from), dataOf(to)];
  const mask = (
    own: Readonly<Record<string, unknown>>,
    other: Readonly<Record<string, unknown>>,
    changed: string,
  ): Record<string, unknown> => {
    const masked = Object.entries(own).map(([key, value]) => {
      if (other[key] === undefined || other[key] === value) return [key, SAME];
      return [key, changed];
    });
    return Object.fromEntries(masked) as Record<string, unknown>;
  };
  return [withData(from, mask(a, b, BEFORE)), withData(to, mask(b, a, AFTER))];
}

function dataOf(secret: unknown): Readonly<Record<string, unknown>> {
  const data = isObject(secret) ? secret['data'] : undefined;
  return isObject(data) ? data : {};
}

function withData(secret: unknown, data: object): unknown {
  if (!isObject(secret) || secret['data'] === undefined) return secret;
  return { ...secret, data };
}
