/**
 * IntOrString as a part of `total`: a number as it is, "25%" of the total, rounded as asked.
 * Validation admits nothing else; what slips through counts as 0.
 */
export function scaled(
  value: number | string | undefined,
  total: number,
  round: 'up' | 'down',
): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value ?? '');
  if (percent === null) return 0;
  const exact = (Number(percent[1]) * total) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
