/** Endpoints of Services without a selector, and the slices that mirror them. */
import type { Place, Seen } from '../place.ts';
import type { Scenario } from '../scenario.ts';

const service = (more = ''): string => `
apiVersion: v1
kind: Service
metadata: { name: web, labels: { tier: front } }
spec:
  ports: [{ name: http, port: 80, targetPort: 8080 }]
  ${more}`;

const endpoints = (subsets: string, metadata = ''): string => `
apiVersion: v1
kind: Endpoints
metadata: { name: web, ${metadata} }
subsets: ${subsets}`;

const ONE = '[{ addresses: [{ ip: 192.0.2.1 }], ports: [{ name: http, port: 8080 }] }]';

const says = (...texts: readonly string[]) => {
  return (slices: readonly Seen[]): boolean => {
    const all = JSON.stringify(slices);
    return texts.every((text) => all.includes(text));
  };
};

const count = (at: Place, wanted: number): Promise<void> =>
  at.untilAll('EndpointSlice', (slices) => slices.length === wanted);

async function mirrored(at: Place): Promise<void> {
  await at.create(`${service()}\n---${endpoints(ONE)}`);
  await at.untilAll('EndpointSlice', says('192.0.2.1'));
}

export const mirroringScenarios: readonly Scenario[] = [
  {
    name: 'mirrored endpoints that change',
    async run(at) {
      await mirrored(at);
      const ports = [{ name: 'http', port: 8080 }];
      const subsets = [{ addresses: [{ ip: '192.0.2.2' }, { ip: '192.0.2.3' }], ports }];
      await at.merge('Endpoints', 'web', { subsets, metadata: { labels: { a: 'b' } } });
      await at.untilAll('EndpointSlice', says('192.0.2.2', '192.0.2.3', '"a":"b"'));
    },
  },
  {
    name: 'mirrored endpoints whose ports change',
    async run(at) {
      await mirrored(at);
      const ports = [{ name: 'http', port: 9090 }];
      const subsets = [{ addresses: [{ ip: '192.0.2.1' }], ports }];
      await at.merge('Endpoints', 'web', { subsets });
      await at.untilAll('EndpointSlice', says('9090'));
    },
  },
  {
    name: 'mirrored endpoints of two families and several ports',
    async run(at) {
      const more = '{ addresses: [{ ip: "2001:db8::1" }], ports: [{ name: http, port: 8080 }] }';
      const other =
        '{ addresses: [{ ip: 192.0.2.9, hostname: nine }], ports: [{ port: 53, protocol: UDP }] }';
      const subsets = `[${ONE.slice(1, -1)}, ${more}, ${other}]`;
      await at.create(`${service()}\n---${endpoints(subsets)}`);
      await count(at, 3);
    },
  },
  {
    name: 'mirrored endpoints that become none, then go',
    async run(at) {
      await mirrored(at);
      await at.merge('Endpoints', 'web', { subsets: null });
      await at.untilAll('EndpointSlice', (slices) => !says('192.0.2.1')(slices));
      await at.delete('Endpoints', 'web');
      await count(at, 0);
    },
  },
  {
    name: 'mirrored endpoints of which nobody wants to hear any more',
    async run(at) {
      await mirrored(at);
      const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
      await at.merge('Endpoints', 'web', { metadata: { labels } });
      await count(at, 0);
    },
  },
  {
    name: 'mirrored endpoints whose service is made later',
    async run(at) {
      await at.create(endpoints(ONE));
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await at.create(service());
      await at.untilAll('EndpointSlice', says('192.0.2.1'));
    },
  },
  {
    name: 'mirrored endpoints whose service selects pods then',
    async run(at) {
      await mirrored(at);
      await at.merge('Service', 'web', { spec: { selector: { app: 'nobody' } } });
      await at.untilAll(
        'EndpointSlice',
        (slices) => slices.length === 1 && says('endpointslice-controller.k8s.io')(slices),
      );
    },
  },
  {
    name: 'mirrored endpoints whose service goes',
    async run(at) {
      await mirrored(at);
      await at.delete('Service', 'web');
      await count(at, 0);
      await at.untilGone('Endpoints', 'web');
    },
  },
  {
    name: 'endpoints of a leader, which are not mirrored',
    async run(at) {
      const leader = 'annotations: { control-plane.alpha.kubernetes.io/leader: "{}" }';
      await at.create(`${service()}\n---${endpoints(ONE, leader)}`);
      await new Promise((resolve) => setTimeout(resolve, 3000));
    },
  },
];
