import { expect, it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const manifest = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 1
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, image: "db:1"}]}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: "nginx:1", ports: [{containerPort: 8080}]}
`;

transcripts(
  'rollouts and nodes',
  ({ both, each, file, lite }) => {
    it('waits for a rollout to end', async () => {
      await file('web.yaml', manifest);
      await both('apply', '-f', 'web.yaml');
      const { kubectl, lite: ours } = await each('rollout', 'status', 'deploy/web');
      const last = (text: string): string => text.trimEnd().split('\n').at(-1)!;
      expect(last(ours.out)).toBe(last(kubectl.out));
      expect(ours.code).toBe(0);
      await both('rollout', 'status', 'deploy/web');
      await both('wait', '--for=condition=Available', 'deploy/web');
      await both('wait', '--for=jsonpath={.status.readyReplicas}=2', 'deploy', '--all');
      await both('get', 'all');
      await both('get', 'pods', '-o', 'wide', '-l', 'app=none');
    });

    it('keeps a history and goes back', { timeout: 180_000 }, async () => {
      await both('set', 'image', 'deploy/web', 'main=nginx:2');
      await each('rollout', 'status', 'deploy/web');
      await both('rollout', 'history', 'deploy/web');
      await both('rollout', 'history', 'deploy/web', '--revision=2');
      await both('rollout', 'history', 'deploy/web', '--revision=9');
      await both('rollout', 'undo', 'deploy/web');
      await each('rollout', 'status', 'deploy/web');
      await both('get', 'deploy', 'web', '-o', 'jsonpath={..image}');
      await both('rollout', 'undo', 'deploy/web', '--to-revision=9');
      await both('rollout', 'undo', 'deploy/web', '--to-revision=3');
      await both('rollout', 'pause', 'deploy/web');
      await both('rollout', 'pause', 'deploy/web');
      await both('rollout', 'restart', 'deploy/web');
      await both('rollout', 'undo', 'deploy/web');
      await both('rollout', 'resume', 'deploy/web');
      await both('rollout', 'resume', 'deploy/web');
      await both('rollout', 'restart', 'deploy/web');
      await both('rollout', 'status', 'cm/none');
      await both('rollout', 'foo');
    });

    it.each([
      ['status'],
      ['status sts/db'],
      ['status sts -l app=db'],
      ['status deploy -l app=none'],
      ['status deploy/web --revision=-1'],
      ['history'],
      ['history sts'],
      ['history sts/db --revision=1'],
      ['history sts/db -o name'],
      ['history sts/db --template={{.kind}}/{{.metadata.name}}'],
      ['history deploy/web --revision=3 --template={{.metadata.name}}'],
      ['history deploy/web --revision=-1'],
      ['undo'],
      ['undo sts/db'],
      ['undo deploy/web --dry-run=client'],
      ['undo deploy/web --dry-run=server'],
      ['undo deploy/web --to-revision=-1'],
      ['restart'],
      ['restart deploy -l app=none'],
      ...['status', 'history', 'undo', 'pause', 'resume', 'restart'].map((verb) => [
        `${verb} pod/db-0`,
      ]),
    ])('rollout %s', async (line) => {
      await both('rollout', ...line.split(' '));
    });

    it.each([
      ['wait --for=condition=Available deploy/web --timeout=0'],
      ['wait --for=condition=Nope deploy/web --timeout=0'],
      ['wait --for=create deploy/none --timeout=1s'],
      ['wait --for=create deploy --selector=app=none --timeout=1s'],
      ['wait --for=create deploy --selector=app=none --timeout=0'],
      ['wait --for=jsonpath= deploy/web'],
      ['wait --for=jsonpath={.spec.replicas}= deploy/web'],
      ['wait --for=jsonpath={.spec}=x deploy/web'],
      ['wait --for=jsonpath={.spec.template} deploy/web'],
      ['wait --for=condition=Nope deploy/web --timeout=2s'],
      ['taint node node1 q-'],
      ['taint node node1 zz'],
      ['taint node node1 k:Odd'],
      ['taint node node1 k=v:NoSchedule k=w:NoSchedule'],
      ['taint node node1 k=v:NoSchedule k-'],
      ['taint node node1 k=v:NoSchedule k:NoSchedule- k:NoExecute-'],
      ['drain node1 --selector=a=b'],
      ['cordon node1'],
      ['uncordon node1'],
      ['uncordon none'],
      ['cordon'],
    ])('%s', async (line) => {
      // Nodes are shared: what kubectl has done is undone before kubectl-lite does it.
      const undo: Record<string, string[]> = {
        'cordon node1': ['uncordon', 'node1'],
        'uncordon node1': ['cordon', 'node1'],
      };
      const args = line.split(' ');
      if (undo[line] === undefined) return void (await both(...args));
      const { kubectl } = await each(...args);
      await lite(...undo[line]);
      const { lite: ours } = await each(...undo[line]);
      await lite(...args);
      expect(ours.code).toBe(0);
      expect(kubectl.code).toBe(0);
    });

    // kubectl fills the last column with blanks.
    it('shows what pods and their containers use', async () => {
      for (const line of [
        'top pod --containers --no-headers',
        'top pod --field-selector=metadata.name=db-0 --no-headers',
        'top pod -A --no-headers -l app=db',
      ]) {
        const { kubectl, lite: ours } = await each(...line.split(' '));
        const even = (text: string): string =>
          text.replaceAll(/ +$/gm, '').replaceAll(/web-\w+-\w{5}/g, 'web');
        expect([even(ours.out), ours.code]).toEqual([even(kubectl.out), kubectl.code]);
        expect(ours.out).toContain('db-0');
      }
    });

    it('taints a node', async () => {
      expect((await lite('taint', 'node', 'node1', 'k=v:NoSchedule')).out).toBe(
        'node/node1 tainted\n',
      );
      await both('taint', 'node', 'node1', 'k=v:NoSchedule');
      expect((await lite('taint', 'node', 'node1', 'k-')).out).toBe('node/node1 untainted\n');
    });

    it('tries to drain, and drains nothing for a selector that is none', async () => {
      await both('drain', 'node1', '--pod-selector=a in');
      await both('get', 'node', 'node1', '-o', 'jsonpath={.spec.unschedulable}');
      for (const dryRun of ['client', 'server']) {
        const line = ['drain', 'node1', '--force', `--dry-run=${dryRun}`];
        const { kubectl, lite: ours } = await each(...line);
        const lines = ({ out, err, code }: typeof ours) => [out.split('\n').sort(), err, code];
        expect(lines(ours)).toEqual(lines(kubectl));
        expect(ours.out).toContain('evicting pod ns-lite/db-0 (');
      }
    });

    it('drains a node', async () => {
      const alone = await lite('run', 'alone', '--image=x');
      expect(alone.out).toBe('pod/alone created\n');
      await lite('wait', '--for=condition=Ready', 'pod/alone');
      const refused = await lite('drain', 'node1');
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.err).toContain(
        'error: unable to drain node "node1" due to error: cannot delete Pods that declare no ' +
          'controller (use --force to override): ns-lite/alone, continuing command...\n' +
          'There are pending nodes to be drained:\n node1\n',
      );
      const forced = await lite('drain', 'node1', '--force', '--pod-selector=run=alone');
      expect(forced.out).toBe(
        'node/node1 already cordoned\npod/alone evicted\nnode/node1 drained\n',
      );
      expect(forced.err).toBe(
        'Warning: deleting Pods that declare no controller: ns-lite/alone\n' +
          'evicting pod ns-lite/alone\n',
      );
    });

    it('drains a node without pods that should be gone long since', async () => {
      await lite('uncordon', 'node1');
      for (const to of ['ns-lite', 'ns-kube']) {
        await lite('run', 'stuck', '--image=x', '-n', to);
        const held = '{"metadata":{"finalizers":["example.com/held"]}}';
        await lite('patch', 'pod', 'stuck', '-n', to, '-p', held);
        await lite('wait', '--for=condition=Ready', 'pod/stuck', '-n', to);
      }
      const line = 'drain node1 --force --pod-selector=run=stuck --grace-period=0';
      const skipping = await lite(...line.split(' '), '--skip-wait-for-delete-timeout=1');
      expect(skipping.out.split('\n').sort()).toEqual([
        ...['', 'node/node1 cordoned', 'node/node1 drained'],
        ...Array<string>(2).fill(
          'pod "stuck" has DeletionTimestamp older than 1 seconds, skipping',
        ),
      ]);
      // Now they are not even asked to go.
      await both(...line.split(' '), '--skip-wait-for-delete-timeout=1');
      const impatient = await lite(...line.split(' '), '--timeout=1s');
      expect(impatient.err).toContain('global timeout reached: 1s');
    });
  },
  { nodes: 1 },
);
