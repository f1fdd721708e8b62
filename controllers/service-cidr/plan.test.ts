import { expect, test } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { IPAddress, ServiceCIDR } from '../../api/types/networking-v1.ts';
import { FINALIZER, planServiceCidr } from './plan.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const ready = { type: 'Ready', status: 'True', message: 'Kubernetes Service CIDR is ready' };
const waits = {
  type: 'Ready',
  status: 'False',
  reason: 'Terminating',
  message:
    'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
};

interface Sketch {
  readonly deletedSecondsAgo?: number;
  readonly conditions?: readonly object[];
  readonly finalizers?: readonly string[];
}

function range(cidrs: readonly string[], sketch: Sketch = {}, name = 'r') {
  const { deletedSecondsAgo, conditions, finalizers } = sketch;
  const deletion =
    deletedSecondsAgo === undefined
      ? {}
      : { deletionTimestamp: formatTime(NOW - deletedSecondsAgo * 1_000) };
  return {
    metadata: { name, ...deletion, ...(finalizers && { finalizers }) },
    spec: { cidrs },
    status: { conditions },
  } as unknown as ServiceCIDR;
}

const address = (name: string, allocator = 'ipallocator.k8s.io') =>
  ({
    metadata: { name, labels: { 'ipaddress.kubernetes.io/managed-by': allocator } },
  }) as unknown as IPAddress;

const going = { deletedSecondsAgo: 10, finalizers: [FINALIZER], conditions: [ready] };
const blocked = {
  status: 'False',
  reason: 'Terminating',
  message: waits.message,
};

test.each<[string, ServiceCIDR, readonly ServiceCIDR[], readonly IPAddress[], object]>([
  [
    'a new one',
    range(['10.0.0.0/24']),
    [],
    [],
    { finalizer: 'add', ready: { status: 'True', reason: '', message: ready.message } },
  ],
  ['one at rest', range(['10.0.0.0/24'], { ...going, deletedSecondsAgo: undefined! }), [], [], {}],
  ['nobody needs it', range(['10.0.0.0/24'], going), [], [], { finalizer: 'remove' }],
  [
    'too early',
    range(['10.0.0.0/24'], { ...going, deletedSecondsAgo: 4 }),
    [],
    [],
    { requeueAfterMs: 6_000 },
  ],
  ['in use', range(['10.0.0.0/24'], going), [], [address('10.0.0.7')], { ready: blocked }],
  [
    'said already',
    range(['10.0.0.0/24'], { ...going, conditions: [waits] }),
    [],
    [address('10.0.0.7')],
    {},
  ],
  [
    'used by others',
    range(['10.0.0.0/24'], going),
    [],
    [address('10.0.0.7', 'me')],
    { finalizer: 'remove' },
  ],
  [
    'within another',
    range(['10.0.1.0/24'], going),
    [range(['10.0.0.0/16'], {}, 'outer')],
    [address('10.0.1.7')],
    { finalizer: 'remove' },
  ],
  [
    'one family within another',
    range(['10.0.1.0/24', 'fd00::/112'], going),
    [range(['10.0.0.0/16'], {}, 'outer')],
    [address('10.0.1.7'), address('fd00::7')],
    { ready: blocked },
  ],
  [
    'its only address is in a smaller one, too',
    range(['10.0.0.0/16'], going),
    [range(['10.0.1.0/24'], {}, 'inner')],
    [address('10.0.1.7')],
    { finalizer: 'remove' },
  ],
  [
    "at a smaller one's edge",
    range(['10.0.0.0/16'], going),
    [range(['10.0.1.0/24'], {}, 'inner')],
    [address('10.0.1.255')],
    { ready: blocked },
  ],
])('%s', (...[, own, others, addresses, plan]) => {
  expect(planServiceCidr(own, [own, ...others], { addresses, nowMs: NOW })).toEqual(plan);
});
