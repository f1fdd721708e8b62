import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const settings = (value: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: ${value}}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {key: ${value}}
`;

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: 0
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec:
      containers:
      - {name: c, image: none}
`;

/** Of a minute of its own each: what happens of itself in one second has no order that counts. */
const happened = ['Pulled', 'Failed', 'Started'].map(
  (reason, minute) => `
apiVersion: v1
kind: Event
metadata: {name: settings.${minute}}
involvedObject: {kind: ConfigMap, name: settings}
type: ${reason === 'Failed' ? 'Warning' : 'Normal'}
reason: ${reason}
message: at minute ${minute}
lastTimestamp: 2020-01-01T00:0${(minute + 1) % 3}:00Z
`,
);

transcripts('configuration, past and to come', ({ both, file, variable }) => {
  it('sets the scene', async () => {
    await file('map.yaml', settings('one').split('---')[0]!);
    await file('one.yaml', settings('one'));
    await file('two.yaml', settings('two'));
    await file('events.yaml', happened.join('---'));
    await both('create', 'cm', 'plain', '--from-literal=a=b');
    await both('create', 'cm', 'saved', '--from-literal=a=b', '--save-config');
  });

  it.each([
    ['diff -f map.yaml'],
    ['diff -f one.yaml'],
    ['apply -f one.yaml'],
    ['diff -f one.yaml'],
    ['diff -f two.yaml'],
    ['diff -f two.yaml --server-side'],
    ['diff -f none.yaml'],
    ['diff'],
    ['apply view-last-applied cm plain'],
    ['apply view-last-applied cm settings'],
    ['apply view-last-applied cm settings -o json'],
    ['apply view-last-applied cm saved'],
    ['apply view-last-applied cm saved -o foo'],
    ['apply view-last-applied -f one.yaml'],
    ['apply set-last-applied -f two.yaml'],
    ['apply set-last-applied -f two.yaml'],
    ['apply set-last-applied'],
    ['apply view-last-applied cm settings'],
  ])('%s', async (line) => {
    await both(...line.split(' '));
  });

  it('edits what is there', async () => {
    variable('KUBE_EDITOR', 'sed -i s/one/three/');
    await both('edit', 'cm', 'settings');
    await both('edit', 'cm', 'settings');
    await both('get', 'cm', 'settings', '-o', 'jsonpath={.data}');
    variable('KUBE_EDITOR', '/bin/false');
    await both('edit', 'cm', 'settings');
    await both('edit', 'cm', 'none');
    await both('edit');
    variable('KUBE_EDITOR', 'sed -i s/three/four/');
    await both('edit', 'cm', 'settings', '-o', 'json');
    await both('edit', 'cm', 'settings', '-o', 'wide');
    variable('KUBE_EDITOR', 'sed -i s/two/five/');
    await both('apply', 'edit-last-applied', 'cm', 'settings');
    await both('apply', 'view-last-applied', 'cm', 'settings');
  }, 120_000);

  it('edits what was refused', async () => {
    // Each pass is written down; the file that is opened again is known by its reasons.
    const editor = String.raw`
cd "$(dirname "$0")"
# Why YAML is malformed is each parser's own to say.
sed 's/failed validation": yaml: .*/failed validation": yaml/' "$1" >> \
  seen-$(sed -n 's/^ *namespace: //p' "$1" | head -1)
if grep -q '^# .*was not valid' "$1"; then . ./second.sh; else . ./first.sh; fi
`;
    await file('editor.sh', editor);
    await file('dep.yaml', deployment);
    await both('apply', '-f', 'dep.yaml');
    variable('KUBE_EDITOR', 'sh FOLDER/editor.sh');
    const replaced = (from: string, to: string) =>
      `sed -i 's/replicas: ${from}/replicas: ${to}/' "$1"`;
    const passes = async (first: string, second: string): Promise<void> => {
      await file('first.sh', first);
      await file('second.sh', second);
    };
    for (const second of [
      'true',
      'echo "# a note" >> "$1"',
      'false',
      replaced('-1', '0'),
      replaced('-1', '1'),
    ]) {
      await passes(replaced('0', '-1'), second);
      await both('edit', 'deploy', 'd');
    }
    await both('get', 'deploy', 'd', '-o', 'jsonpath={.spec}');
    for (const first of [
      replaced('1', '[1'),
      'sed -i "s/name: d$/name: e/" "$1"',
      replaced('1', '1\\n  replicaz: 3'),
      `sed -i 's/^/ /' "$1"`,
    ]) {
      await passes(first, 'true');
      await both('edit', 'deploy', 'd');
    }
    await passes(`sed -i 's/cas": 1/cas": -1/' "$1"`, 'true');
    await both('edit', 'deploy', 'd', '-o', 'json');
    await passes(replaced('0', '-1'), 'true');
    await both('create', '-f', 'dep.yaml', '--edit');
    await both('apply', 'edit-last-applied', 'deploy', 'd');
    await both(
      'create',
      'cm',
      'seen',
      '--from-file=seen={folder}/seen-{namespace}',
      '--dry-run=client',
      '-o',
      'yaml',
    );
  }, 120_000);

  it.each([
    ['explain pods'],
    ['explain pod.spec'],
    ['explain pod.spec.containers.ports'],
    ['explain deploy --recursive'],
    ['explain deploy.spec.replicas'],
    ['explain svc.spec.ports.targetPort'],
    ['explain deployments.apps.spec.strategy'],
    ['explain cm.data'],
    ['explain hpa --api-version=autoscaling/v2'],
    ['explain deploy --api-version=v3'],
    ['explain pod.nope'],
    ['explain nope'],
    ['explain pods --output=odd'],
    ...[
      'pods',
      'pods.spec.containers',
      'pods.spec.containers.resources.limits',
      'pods.spec.hostNetwork',
      'pods.spec.nodeSelector.further',
      'cm.data',
      'crd.spec.versions.schema.openAPIV3Schema.default',
      'crd.spec.versions.schema --recursive',
      'deploy --recursive',
      'deploy --api-version=apps/v1',
      'deploy --api-version=apps/v9',
      'pods.spec.nope',
      'nope',
    ].map((words) => [`explain --output=plaintext-openapiv2 ${words}`]),
    ['explain'],
    ['api-resources --sort-by=name'],
    ['api-resources --sort-by=kind'],
    ['api-resources --sort-by=x'],
    ['create -f events.yaml'],
    ['events --for cm/settings'],
    ['events --for cm/settings --types=Warning'],
    ['events --for cm/settings --no-headers'],
    ['events --for deploy/d'],
    ['events --for deploy/x'],
    ['events --types=Foo'],
    ['events --types=Warning -A'],
    ['events now --for cm/settings'],
  ])('%s', async (line) => {
    await both(...line.split(' '));
  });
});
