/** What pods ask for and may use, added up: the last part of a node's description. */
import { formatQuantity, parseQuantity, type Quantity } from '../../api/quantity.ts';
import type { Container, Node, Pod } from '../../api/types/core-v1.ts';
import type { Ages } from './ages.ts';
import type { DescriptionWriter } from './writer.ts';

type Amounts = ReadonlyMap<string, Quantity>;
type Bound = 'requests' | 'limits';

const none: Amounts = new Map();

function amountsOf(texts: Readonly<Record<string, string | number>> | undefined): Amounts {
  return new Map(Object.entries(texts ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

/** For each name what `how` makes of both amounts; one that is missing counts as nothing. */
function combine(a: Amounts, b: Amounts, how: (x: bigint, y: bigint) => bigint): Amounts {
  const result = new Map<string, Quantity>();
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [a.get(name), b.get(name)];
    const format = (x !== undefined && x.nano !== 0n ? x : (y ?? x))!.format;
    result.set(name, { nano: how(x?.nano ?? 0n, y?.nano ?? 0n), format });
  }
  return result;
}

const sum = (x: bigint, y: bigint): bigint => x + y;
const most = (x: bigint, y: bigint): bigint => (x > y ? x : y);

/** max(containers + sidecars, any init step) + overhead, unless the pod itself says. */
function amountsOfPod(pod: Pod, bound: Bound): Amounts {
  const of = ({ resources }: Container): Amounts => amountsOf(resources?.[bound]);
  let running = pod.spec.containers.map(of).reduce((a, b) => combine(a, b, sum), none);
  let sidecars = none;
  let peak = none;
  for (const container of pod.spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === 'Always') {
      running = combine(running, own, sum);
      sidecars = combine(sidecars, own, sum);
      peak = combine(peak, sidecars, most);
    } else peak = combine(peak, combine(own, sidecars, sum), most);
  }
  const total = new Map([
    ...combine(running, peak, most),
    ...amountsOf(pod.spec.resources?.[bound]),
  ]);
  const overhead = amountsOf(pod.spec.overhead);
  if (bound === 'requests') return combine(total, overhead, sum);
  // Overhead alone limits nothing.
  const limited = new Map([...overhead].filter(([name]) => total.has(name)));
  return combine(total, limited, sum);
}

const textOf = (amounts: Amounts, name: string): string => {
  const amount = amounts.get(name);
  return amount === undefined ? '0' : formatQuantity(amount);
};

/** "100m (2%)" */
function share(amounts: Amounts, name: string, of: Amounts): string {
  const whole = of.get(name)?.nano ?? 0n;
  const part = amounts.get(name)?.nano ?? 0n;
  return `${textOf(amounts, name)} (${whole === 0n ? 0n : (part * 100n) / whole}%)`;
}

export function describeNodePods(
  writer: DescriptionWriter,
  { status }: Node,
  { pods, ages }: { readonly pods: readonly Pod[]; readonly ages: Ages },
): void {
  const whole = amountsOf(status?.allocatable ?? status?.capacity);
  writer.line(0, `Non-terminated Pods:\t(${pods.length} in total)`);
  writer.line(
    1,
    'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge',
  );
  writer.line(
    1,
    '---------\t----\t\t------------\t----------\t---------------\t-------------\t---',
  );
  let [requests, limits] = [none, none];
  for (const pod of pods) {
    const [asked, allowed] = [amountsOfPod(pod, 'requests'), amountsOfPod(pod, 'limits')];
    const cells = ['cpu', 'memory'].flatMap((name) =>
      [asked, allowed].map((amounts) => share(amounts, name, whole)),
    );
    const { namespace, name, creationTimestamp } = pod.metadata;
    writer.line(1, [namespace, name, '', ...cells, ages(creationTimestamp)].join('\t'));
    requests = combine(requests, asked, sum);
    limits = combine(limits, allowed, sum);
  }
  writer.line(0, 'Allocated resources:');
  writer.line(1, '(Total limits may be over 100 percent, i.e., overcommitted.)');
  writer.line(1, 'Resource\tRequests\tLimits').line(1, '--------\t--------\t------');
  const names = [...whole.keys()].sort();
  const huge = names.filter((name) => name.startsWith('hugepages-'));
  for (const name of ['cpu', 'memory', 'ephemeral-storage', ...huge]) {
    writer.line(1, [name, share(requests, name, whole), share(limits, name, whole)].join('\t'));
  }
  const counted = ['cpu', 'memory', 'ephemeral-storage', 'pods', ...huge];
  for (const name of names.filter((other) => !counted.includes(other))) {
    writer.line(1, [name, textOf(requests, name), textOf(limits, name)].join('\t'));
  }
}
