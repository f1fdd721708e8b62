/** describe of every kind that kubectl has a describer for, and of some that it has none for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describers } from '../../../kubectl-lite/describe/describers.ts';
import { transcripts } from './side-by-side.ts';

const folder = join(import.meta.dirname, 'manifests');
const namespaced = readFileSync(join(folder, 'describe.yaml'), 'utf8');
const clusterWide = readFileSync(join(folder, 'describe-cluster.yaml'), 'utf8');

const lines = [
  ...[
    'pod everything',
    'pod simple --show-events=false',
    'pod -l app=simple --show-events=false',
    'rc rc',
    'deploy web',
    'rs',
    'sts db',
  ],
  ...[
    'ds agent',
    'job once --show-events=false',
    'job indexed --show-events=false',
    'cj nightly',
    'svc plain',
    'svc balanced',
    'svc bare',
  ],
  ...['svc named', 'endpoints plain', 'endpoints hand', 'endpointslice hand-slice'],
  ...['ingress full', 'ingress default', 'ingress lonely', 'netpol all', 'netpol peers'],
  ...[
    'netpol egress',
    'hpa cpu',
    'hpa all',
    'pvc plain --show-events=false',
    'pvc copy --show-events=false',
    'pvc bound',
    'quota scoped',
  ],
  ...[
    'limits bounds',
    'sa robot',
    'sa default',
    'secret token',
    'secret plain',
    'cm data',
    'pdb a',
  ],
  ...['pdb b', 'role r', 'rolebinding rb', 'lease l', 'controllerrevision'],
  ...['pv hand', 'pv csi', 'pv nfs', 'pv iscsi', 'sc fast', 'sc slow', 'csinode csi-node'],
  ...['ingressclass outer', 'priorityclass high', 'clusterrole wide', 'clusterrole edit'],
  ...['clusterrolebinding wide', 'csr jane', 'csidriver driver.example.com', 'ns {namespace}'],
  ...['ns default', 'servicecidr kubernetes', 'crd boats.example.com', 'boat one', 'node'],
  ...['ipaddress', 'runtimeclass odd', 'validatingadmissionpolicy vap', 'apiservice v1.apps'],
];

const eventOfNode = (name: string, uid: string): string => `apiVersion: v1
kind: Event
metadata: { name: ${name}, namespace: default }
involvedObject: { apiVersion: v1, kind: Node, name: node1, uid: ${uid} }
type: Normal
reason: Tried
message: ${name}
firstTimestamp: "2020-01-01T00:00:00Z"
lastTimestamp: "2020-01-01T00:00:00Z"
count: 1
`;

/** What the server says of odd objects and of kinds that are deprecated. */
const withoutWarnings = (text: string): string => text.replace(/^Warning: .*\n/gm, '');

transcripts(
  'descriptions of every kind',
  ({ both, file, says, lite }) => {
    it('sets the scene', { timeout: 60_000 }, async () => {
      await file('namespaced.yaml', namespaced);
      await file('cluster.yaml', clusterWide);
      const { code, err } = await lite('apply', '-f', 'cluster.yaml');
      expect([code, err]).toEqual([0, '']);
      const created = await both('create', '-f', 'namespaced.yaml');
      expect([created.code, withoutWarnings(created.err)]).toEqual([0, '']);
      await lite('wait', '--for=condition=Established', 'crd/boats.example.com');
      await both('wait', '--for=jsonpath={.status.phase}=Running', 'pod/simple', '--timeout=20s');
      await both('wait', '--for=condition=Complete', 'job/once', '--timeout=20s');
      await both('wait', '--for=condition=Complete', 'job/indexed', '--timeout=20s');
    });

    it("describes events of one second about a Node, its kubelet's after the others", async () => {
      const uid = (await lite('get', 'node', 'node1', '-o', 'jsonpath={.metadata.uid}')).out;
      for (const [name, about] of [
        ['a-kubelets', 'node1'],
        ['b-controllers', uid],
      ] as const)
        await file(`${name}.yaml`, eventOfNode(name, about));
      const files = ['-f', 'a-kubelets.yaml', '-f', 'b-controllers.yaml'];
      const { code, err } = await lite('create', '-n', 'default', ...files);
      expect([code, err]).toEqual([0, '']);
      await says('describe node node1');
      const { out } = await lite('describe', 'node', 'node1');
      expect(out).toMatch(/b-controllers[^]*a-kubelets/);
    });

    it.each(lines.map((line) => [line]))('describe %s', async (line) => {
      const { code, err } = await says(`describe ${line}`);
      expect([code, withoutWarnings(err)]).toEqual([0, '']);
    });

    it('lists events of one second in the order of the server', async () => {
      const { out } = await lite('describe', 'pod', 'simple');
      expect(out).toMatch(/\nEvents:\n {2}Type +Reason +Age +From +Message\n {2}---- +/);
      expect(out).toMatch(/Normal +Scheduled +\d+s +default-scheduler +Successfully assigned/);
    });

    it('leaves no describer without a line', () => {
      const manifests = `${namespaced}\n${clusterWide}`;
      const made = new Set([...manifests.matchAll(/^kind: (\w+)/gm)].map(([, kind]) => kind));
      const others = ['Namespace', 'Node', 'ServiceCIDR', 'IPAddress', 'ReplicaSet'];
      const kinds = Object.keys(describers).map((key) => key.split('.')[0]!);
      expect(kinds.filter((kind) => !made.has(kind) && !others.includes(kind))).toEqual([]);
    });
  },
  { nodes: 1 },
);
