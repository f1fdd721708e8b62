import { expect, it } from 'vitest';
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
    await file('own.yaml', map('own', 'a: "1"'));
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
    ['apply -f own.yaml'],
    ['apply -f own.yaml --server-side'],
    ['get cm own -o yaml --show-managed-fields'],
    ['apply -f own.yaml'],
    ['apply -f one.yaml --dry-run=server --force'],
    ['apply -f one.yaml --prune -l a=b --force'],
    ['apply -f one.yaml --prune -l a=b --server-side'],
  ])('%s', async (line) => {
    await says(line);
  });

  it.each([['apply'], ['replace'], ['create']])('%s from standard input', async (verb) => {
    await piped(map('input'), verb, '-f', '-');
  });
});

const definition = (labels: string): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: parents.sets.example.com, labels: {${labels}}}
spec:
  group: sets.example.com
  scope: Cluster
  names: {plural: parents, singular: parent, kind: Parent}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`;
const parent = (annotations: string, labels = ''): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: foreign, annotations: {${annotations}}, labels: {${labels}}}
`;

transcripts('apply sets', ({ says, each, file, variable }) => {
  it('sets the scene', async () => {
    variable('KUBECTL_APPLYSET', 'true');
    await file('all.yaml', [map('pa'), map('pb'), service(''), deployment('web')].join('---'));
    await file('less.yaml', [map('pb'), service('')].join('---'));
    await file('some.yaml', [map('pb'), service(''), deployment('web')].join('---'));
    await file('elsewhere.yaml', map('pc').replace('name: pc', 'name: pc, namespace: default'));
    await file('member.yaml', map('pd').replace('app: p', 'applyset.kubernetes.io/part-of: x'));
    await file('crd.yaml', definition('applyset.kubernetes.io/is-parent-type: "true"'));
    await file('no-parents.yaml', definition(''));
    await file('plain.yaml', parent(''));
    await file('helm.yaml', parent('applyset.kubernetes.io/tooling: helm/v3'));
    await file('no-id.yaml', parent('applyset.kubernetes.io/tooling: kubectl/v1'));
    await file(
      'other-id.yaml',
      parent('applyset.kubernetes.io/tooling: kubectl/v1', 'applyset.kubernetes.io/id: x'),
    );
  });

  const members = 'get cm,svc,deploy -l applyset.kubernetes.io/part-of -o name';
  const set = 'apply --prune --applyset';
  it.each([
    ['apply -f all.yaml --applyset=one'],
    [`${set}=one -f all.yaml --all`],
    [`${set}=one -f all.yaml -l a=b`],
    [`${set}=one -f all.yaml --prune-allowlist=core/v1/ConfigMap`],
    [`${set}=one -f all.yaml --force`],
    [`${set}=configmaps/ -f all.yaml`],
    [`${set}=nothing/one -f all.yaml`],
    [`${set}=nothing.example.com/one -f all.yaml`],
    [`${set}=deployments.apps/one -f all.yaml`],
    [`${set}=namespaces/one -f all.yaml`],
    [`${set}=one -f all.yaml --dry-run=client`],
    [`${set}=one -f all.yaml --dry-run=server`],
    [`${set}=one -f all.yaml`],
    [members],
    [`${set}=one -f all.yaml -f elsewhere.yaml`],
    [`${set}=one -f all.yaml`],
    [`${set}=one -f some.yaml --dry-run=client`],
    [`${set}=one -f some.yaml --dry-run=server`],
    [`${set}=one -f some.yaml`],
    [members],
    [`${set}=secret/one -f some.yaml --server-side`],
    [`${set}=cm/two -f all.yaml --server-side --cascade=orphan`],
    [`${set}=configmaps/two -f some.yaml --grace-period=0`],
    [members],
    [`${set}=one -f member.yaml`],
    ['create -f plain.yaml'],
    [`${set}=cm/foreign -f all.yaml`],
    ['replace -f helm.yaml'],
    [`${set}=cm/foreign -f all.yaml`],
    ['replace -f no-id.yaml'],
    [`${set}=cm/foreign -f all.yaml`],
    ['replace -f other-id.yaml'],
    ['apply -f no-parents.yaml --server-side'],
    [`${set}=parents.sets.example.com/p -f less.yaml`],
    ['apply -f crd.yaml --server-side'],
    [`${set}=parents.sets.example.com/p -f less.yaml`],
  ])('%s', async (line) => {
    await says(line);
  });

  it('prunes the same, which kubectl tells in any order', async () => {
    await says(`${set}=sorted -f all.yaml`);
    const { kubectl, lite } = await each(...`${set}=sorted -f less.yaml`.split(' '));
    const even = (text: string): string[] => text.split('\n').sort();
    expect(even(lite.out)).toEqual(even(kubectl.out));
    expect(lite.out).toContain('deployment.apps/web pruned');
    await says(members);
  });

  it('writes the same on the parent', async () => {
    const { kubectl, lite } = await each(...'get secret one -o json'.split(' '));
    const said = (text: string): unknown => {
      const { labels, annotations, managedFields } = (
        JSON.parse(text) as { metadata: Record<string, Record<string, string>> }
      ).metadata;
      return { labels: Object.keys(labels!), annotations, managedFields };
    };
    const even = (text: string): unknown =>
      JSON.parse(JSON.stringify(said(text)).replaceAll(/kubectl\/v[^"]*/g, 'kubectl/V'));
    expect(even(lite.out)).toEqual(even(kubectl.out));
    expect(JSON.stringify(said(lite.out))).toContain('ConfigMap,Deployment.apps,Service');
  });

  it('tells a set that is of another object by its ID', async () => {
    const { kubectl, lite } = await each(...`${set}=cm/foreign -f all.yaml`.split(' '));
    const even = (text: string): string => text.replace(/want: \S+/, 'want: ID');
    expect([lite.code, even(lite.err)]).toEqual([1, even(kubectl.err)]);
  });
});
