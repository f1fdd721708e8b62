/** What Kubernetes' own suite of kubectl (test/cmd) tried, and nothing here did before. */
import { expect, it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const versioned = `
apiVersion: v1
kind: ConfigMap
metadata: {name: versioned, resourceVersion: "99"}
data: {a: b}
`;
const nulls = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: nulls}
spec:
  replicas: 0
  selector: {matchLabels: {app: nulls}}
  template:
    metadata: {labels: {app: nulls}}
    spec:
      containers:
      - name: c
        image: nginx
        terminationMessagePolicy: null
        resources: {requests: {memory: 64Mi, cpu: null}}
`;
/** What one of them is called is not what their kind is called. */
const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: odds.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: odds, singular: single, kind: Odd}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
  - {name: v0, served: true, storage: false, schema: {openAPIV3Schema: {type: object}},
    deprecated: true}
`;
const odd = `
apiVersion: example.com/v1
kind: Odd
metadata: {name: one}
`;
/** Neither a patch nor a new object: it does not select its own pods. */
const spoilt = nulls.replace('matchLabels: {app: nulls}', 'matchLabels: {app: others}');
const named = '.spec.template.spec.containers[?(@.name=="c")]';
const service = `
apiVersion: v1
kind: Service
metadata: {name: nowhere}
spec: {ports: [{port: 80}], selector: {a: b}}
`;
const user = `
apiVersion: v1
kind: Pod
metadata: {name: user}
spec: {securityContext: {runAsUser: 7}, containers: [{name: c, image: nginx}]}
`;
const container = '{.spec.template.spec.containers[0]';

transcripts('as Kubernetes’ suite of kubectl has it', ({ says, both, each, file }) => {
  it('sets the scene', async () => {
    await file('versioned.yaml', versioned);
    await file('nulls.yaml', nulls);
    await file('spoilt.yaml', spoilt);
    await file('service.yaml', service);
    await file('user.yaml', user);
    await file('unselecting.yaml', nulls.replace(/^  selector:.*$/m, ''));
    await file('definition.yaml', definition);
    await file('odd.yaml', odd);
    await file('two.yaml', [versioned, nulls].join('---'));
    await file('k/kustomization.yaml', 'nameprefix: test-\nRESOURCES: [map.yaml]\n');
    await file('k/map.yaml', versioned);
    // It is for both: the first of them defines it.
    const { kubectl } = await each('create', '-f', 'definition.yaml');
    expect(kubectl.code).toBe(0);
  });

  it.each([
    ['create -f versioned.yaml'],
    ['apply -f versioned.yaml --force'],
    ['replace -f versioned.yaml --force'],
    ['delete -f versioned.yaml'],
    ['apply -f versioned.yaml'],
    ['expose -f nulls.yaml --port=80 --dry-run=client -o yaml'],
    ['apply -f nulls.yaml'],
    [`get deployment nulls -o jsonpath=${container}.resources.requests}`],
    ['apply view-last-applied deployment nulls'],
    ['set selector -f service.yaml c=d --local -o jsonpath={.spec.selector}'],
    ['set selector -f service.yaml c=d --local'],
    ['create -f user.yaml'],
    ['debug user -c d1 --image=x --profile=netadmin'],
    ['debug user -c d2 --image=x --profile=general'],
    ['debug user -c d3 --image=x --profile=restricted'],
    ['debug user --copy-to=other --container=d --image=x --profile=sysadmin'],
    ['get -f two.yaml --watch'],
    ['get cm,pods --watch'],
    ['set selector -f nulls.yaml c=d --local'],
    ['expose -f unselecting.yaml --port=80'],
    ['set env -f - -'],
    ['apply -f nulls.yaml'],
    ['apply -f spoilt.yaml --force'],
    ['get deployment nulls -o jsonpath={.metadata.name}{.spec.selector}{.metadata.annotations}'],
    [`wait deployment/nulls --for=jsonpath=${container.slice(1)}.image=nginx --timeout=5s`],
    ['get deploy.app nulls -o name'],
    ['get deployments.apps nulls -o name'],
    ['get deployments.ap -o name'],
    ['get hpa.autoscal'],
    ['get cm.core'],
    ['delete cm -A'],
    ['label cm -A a=b'],
    ['annotate cm -A a=b'],
    ['label cm --all -l app=none a=b'],
    ['delete cm -A -l app=none'],
    ['delete cm --all -l app=none'],
    ['delete cm --all --field-selector=metadata.name=none'],
    ['exec -f two.yaml -- ls'],
    ['create -k {folder}/k'],
    ['create role r --verb=get --resource=deployments.invalid-group'],
    ['create secret generic s --from-literal=a=b --dry-run=client -o yaml --server=none.invalid'],
    ['create cm real --dry-run=false -o name'],
    ['create cm d --dry-run=true -o name'],
    ['create cm d --dry-run=T'],
    ['create cm d --dry-run=yes'],
    ['get cm -o name'],
    ['create deployment d --image=i --dry-run=client -o name --server=none.invalid'],
    ['wait --for=condition=Established crd/odds.example.com'],
    ['create -f odd.yaml'],
    ['get odds -o name'],
    ['get odds.v0.example.com -o name'],
    ['get odds.v0.example.com -o name --warnings-as-errors'],
    ['get odds -o name --warnings-as-errors'],
    ['label odds --all a=b'],
    ['delete odds --all'],
    ['create role r --verb=get --resource=nothing'],
    ['run web --image=InvalidName --dry-run=client'],
    ['run web --image=a:b:c --dry-run=client'],
    ['run web --image=[::1]:80/A/b --dry-run=client'],
    ['run web --image=Registry.Example:5000/a__b/c.d-e:1.0 --dry-run=client'],
    ['run web --image=a@sha256:00 --dry-run=client'],
    [`run web --image=a:x@sha256:${'0a'.repeat(32)} --dry-run=client`],
    ['create --raw /x -f versioned.yaml --edit'],
    ['create --raw /x -f versioned.yaml -f nulls.yaml'],
    ['create --raw /x -f http://localhost'],
    ['create --raw /x -f versioned.yaml -R'],
    ['create --raw /x -f versioned.yaml -l a=b'],
    ['create --raw /x -f versioned.yaml -o yaml'],
    ['create --raw x -f versioned.yaml'],
  ])('%s', async (line) => {
    await says(line);
  });

  it.each([`${named}.image=nginx`, `{${named}.image}=nginx`, `${named}.image`, `${named}.image=`])(
    'waits for %s',
    async (path) => {
      await both('wait', 'deployment/nulls', `--for=jsonpath=${path}`, '--timeout=5s');
    },
  );

  it('tells of answers with the words of their codes', async () => {
    const said = await each(...'get cm none other -v=6'.split(' '));
    for (const { err } of Object.values(said)) {
      expect(err).toMatch(
        /"Response" verb="GET" url="[^"]*\/configmaps\/none" status="404 Not Found"/,
      );
    }
  });

  it('describes in as many requests as it is told to', async () => {
    const { kubectl, lite } = await each(...'describe cm --chunk-size=7 -v=6'.split(' '));
    expect(kubectl.err).toContain('/configmaps?limit=7');
    expect(lite.err).toContain('/configmaps?limit=7');
    expect(lite.err).not.toContain('limit=500');
  });
});
