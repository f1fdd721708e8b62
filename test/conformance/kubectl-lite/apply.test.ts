import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const map = (name: string, data = ''): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, labels: {app: p}}
data: {${data}}
`;
const service = (more: string): string => `
apiVersion: v1
kind: Service
metadata: {name: ps, labels: {app: p}}
spec: {ports: [{port: 80}], selector: {a: b}${more}}
`;
const deployment = (label: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 0
  selector: {matchLabels: {app: ${label}}}
  template:
    metadata: {labels: {app: ${label}}}
    spec: {containers: [{name: c, image: nginx}]}
`;

transcripts('apply and replace', ({ says, piped, file }) => {
  it('sets the scene', async () => {
    await file('one.yaml', map('one', 'a: "1"'));
    await file('two.yaml', map('one', 'a: "2", b: "3"'));
    await file('set.yaml', [map('pa', 'a: "1"'), map('pb'), service('')].join('---'));
    await file('less.yaml', map('pa', 'a: "1"'));
    await file('svc2.yaml', service(', clusterIP: None'));
    await file('dep.yaml', deployment('web'));
    await file('dep2.yaml', deployment('web2'));
    await file('odd.yaml', deployment('web').replace('replicas', 'replica'));
    await file('k/kustomization.yaml', 'namePrefix: pre-\nresources: [cm.yaml]\n');
    await file('k/cm.yaml', map('one', 'a: "1"'));
  });

  it.each([
    ['apply -f one.yaml --server-side'],
    ['apply -f one.yaml --server-side'],
    ['apply -f one.yaml'],
    ['apply -f one.yaml --server-side --field-manager=other'],
    ['apply -f two.yaml --server-side --field-manager=other'],
    ['apply -f two.yaml --server-side --field-manager=other --force-conflicts'],
    ['apply -f one.yaml --server-side --force-conflicts --dry-run=server'],
    ['apply -f one.yaml --server-side --dry-run=client'],
    ['apply -f one.yaml --force-conflicts'],
    ['apply -f one.yaml --server-side --force'],
    ['apply -f two.yaml --server-side -o yaml --field-manager=other'],
    ['apply -f two.yaml --server-side -o name --field-manager=other'],
    ['apply -f odd.yaml'],
    ['apply -f odd.yaml --validate=warn'],
    ['apply -f odd.yaml --server-side'],
    ['apply -f set.yaml --prune'],
    ['apply -f set.yaml --prune -l app=p'],
    ['apply -f less.yaml --prune -l app=p --dry-run=client'],
    ['apply -f less.yaml --prune -l app=p --dry-run=server'],
    ['apply -f less.yaml --prune -l app=p --prune-allowlist=core/v1/ConfigMap'],
    ['apply -f less.yaml --prune -l app=p'],
    ['apply -f less.yaml --prune --all --prune-allowlist=core/v1/Service'],
    ['apply -f less.yaml --prune --all -l app=p'],
    ['apply -f less.yaml --prune -l app=p --prune-allowlist=bad'],
    ['apply -f less.yaml --prune -l app=p --prune-allowlist=v1/Nothing'],
    ['apply -f less.yaml --prune -l app=p --applyset=x'],
    ['apply -f set.yaml -l app=none'],
    ['apply -f set.yaml -l app=p'],
    ['apply -k {folder}/k'],
    ['apply -k {folder}/k'],
    ['get cm pre-one -o jsonpath={.metadata.labels}'],
    ['apply -k {folder}/k -f one.yaml'],
    ['kustomize {folder}/k'],
    ['delete -k {folder}/k'],
    ['diff -k {folder}/k'],
    ['create -k {folder}/k'],
    ['replace -k {folder}/k'],
    ['apply'],
    ['apply -f one.yaml extra'],
    ['apply -f dep.yaml'],
    ['apply -f dep2.yaml'],
    ['apply -f dep2.yaml --force'],
    ['apply -f one.yaml -o json'],
    ['apply -f one.yaml --overwrite=false'],
    ['apply -f one.yaml --dry-run=server'],
    ['apply -f one.yaml --dry-run=client -o yaml'],
    ['apply -f one.yaml --cascade=odd --prune -l a=b'],
    ['apply --prune --all'],
    ['replace --force -f one.yaml'],
    ['replace --force -f one.yaml --grace-period=0'],
    ['replace --force -f none.yaml'],
    ['replace --force -f svc2.yaml'],
    ['replace -f svc2.yaml --grace-period=0'],
    ['replace -f one.yaml --force --dry-run=client'],
    ['replace -f one.yaml --dry-run=client'],
    ['replace -f less.yaml --save-config -o yaml'],
    ['replace -f one.yaml --subresource=status'],
    ['replace -f one.yaml --cascade=background'],
    ['replace -f one.yaml --force --cascade=odd'],
    ['replace -f one.yaml --timeout=1s'],
    ['replace --force -f one.yaml -o name'],
    ['replace one'],
    ['apply -f none.yaml -f one.yaml'],
  ])('%s', async (line) => {
    await says(line);
  });

  it.each([['apply'], ['replace'], ['create']])('%s from standard input', async (verb) => {
    await piped(map('input'), verb, '-f', '-');
  });
});
