/** Where a value stands: to be read, set or taken away. */
export interface Spot {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
}

export const valueAt = ({ holder, key }: Spot): unknown =>
  (holder as Record<string | number, unknown>)[key];

export function setAt({ holder, key }: Spot, value: unknown): void {
  (holder as Record<string | number, unknown>)[key] = value;
}
