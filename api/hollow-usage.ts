/**
 * What a simulated container uses, as annotations say; nobody measures it. All are optional:
 *
 * | annotation | meaning | default |
 * |---|---|---|
 * | `wherry.io/cpu-usage`    | "250m", or "80%" of what the container requests | 0 |
 * | `wherry.io/memory-usage` | "64Mi", or "80%" of what the container requests | 0 |
 * | `wherry.io/ephemeral-storage-usage` | "1Gi", or "80%" of what it requests | 0 |
 *
 * On a pod they hold for each of its containers; `<container>.wherry.io/<name>` holds for one
 * alone and wins. On a node they are what the node uses beside its pods. A value that is neither
 * a quantity nor a percentage counts as absent. Changing an annotation changes the usage at once.
 */
import { type Quantity, parseQuantity, QuantityError } from './quantity.ts';
import type { Container, Node, Pod } from './types/core-v1.ts';

export interface HollowUsage {
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

/** How nodes whose containers are simulated name their runtime, and those containers. */
export const HOLLOW_RUNTIME = 'wherry://';

const DOMAIN = 'wherry.io';
const NANO = 1_000_000_000n;
const MILLI = 1_000_000n;

type Amounts = Readonly<Record<string, string | number>> | undefined;

/** Nanos; undefined for what is no amount. */
function amountOf(text: string | undefined, of: string | number | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const percent = /^(\d{1,5})%$/.exec(text);
  if (percent === null) return nanosOf(text);
  const whole = of === undefined ? undefined : nanosOf(of);
  return whole === undefined ? undefined : (whole * BigInt(percent[1]!)) / 100n;
}

function nanosOf(value: string | number): bigint | undefined {
  let quantity: Quantity;
  try {
    quantity = parseQuantity(value);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
  return quantity.nano < 0n ? undefined : quantity.nano;
}

function usageBy(read: (name: string) => string | undefined, requests: Amounts): HollowUsage {
  const cpu = amountOf(read('cpu-usage'), requests?.['cpu']) ?? 0n;
  const memory = amountOf(read('memory-usage'), requests?.['memory']) ?? 0n;
  return { milliCpu: Number(cpu / MILLI), memoryBytes: Number(memory / NANO) };
}

type Metadata = Pod['metadata'];

const ownText =
  ({ annotations = {} }: Metadata, container: string) =>
  (name: string): string | undefined =>
    annotations[`${container}.${DOMAIN}/${name}`] ?? annotations[`${DOMAIN}/${name}`];

/** Bytes on the node's disk. */
export function containerStorage({ metadata }: Pod, { name, resources }: Container): number {
  const text = ownText(metadata, name)('ephemeral-storage-usage');
  return Number((amountOf(text, resources?.requests?.['ephemeral-storage']) ?? 0n) / NANO);
}

/** Without its pods. */
export function nodeStorage({ metadata, status }: Node): number {
  const text = metadata.annotations?.[`${DOMAIN}/ephemeral-storage-usage`];
  return Number((amountOf(text, status?.capacity?.['ephemeral-storage']) ?? 0n) / NANO);
}

export function containerUsage({ metadata }: Pod, { name, resources }: Container): HollowUsage {
  return usageBy(ownText(metadata, name), resources?.requests);
}

/** Without its pods. */
export function nodeUsage({ metadata, status }: Node): HollowUsage {
  return usageBy((name) => metadata.annotations?.[`${DOMAIN}/${name}`], status?.capacity);
}

/** Containers and sidecars that run. Ended and waiting ones use nothing. */
export function runningContainers({ spec, status }: Pod): readonly Container[] {
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const running = new Set(
    statuses.filter(({ state }) => state?.running !== undefined).map(({ name }) => name),
  );
  return [...(spec.initContainers ?? []), ...spec.containers].filter(({ name }) =>
    running.has(name),
  );
}
