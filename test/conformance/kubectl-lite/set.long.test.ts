/** `set` on workloads of every kind, on what is none, and where the server refuses. */
import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const container = 'containers: [{name: c1, image: "a:1"}]';
const workload = (kind: string, name: string, more = ''): string => `
apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template: {metadata: {labels: {app: ${name}}}, spec: {nodeSelector: {no: where}, ${container}}}
  ${more}
`;

const manifests = [
  workload('Deployment', 'dep', 'replicas: 0'),
  workload('StatefulSet', 'sts', 'serviceName: x'),
  workload('DaemonSet', 'ds'),
  workload('ReplicaSet', 'rs', 'replicas: 0'),
  `
apiVersion: batch/v1
kind: CronJob
metadata: {name: cj}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, ${container}}}}}
`,
  `
apiVersion: v1
kind: Pod
metadata: {name: pod}
spec: {nodeSelector: {no: where}, ${container}}
`,
  '\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {key: value}\n',
  '\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {my-key: hidden}\n',
  '\napiVersion: v1\nkind: Service\nmetadata: {name: svc}\nspec: {selector: {a: b}, ports: [{port: 80}]}\n',
];

transcripts('set', ({ says, piped, file }) => {
  it('sets the scene', async () => {
    await file('all.yaml', manifests.join('---'));
    await says('create -f all.yaml');
  });

  it.each([
    ...['deploy/dep', 'sts/sts', 'ds/ds', 'rs/rs', 'cj/cj', 'pod/pod'].map((title) => [
      `set image ${title} c1=b:2`,
    ]),
    ...['deploy/dep', 'sts/sts', 'ds/ds', 'rs/rs', 'cj/cj', 'pod/pod'].map((title) => [
      `set env ${title} A=1`,
    ]),
    ['set image cm/settings c1=x'],
    ['set image deploy/dep c1='],
    ['set image deploy/dep =x'],
    ['set image deploy/dep c1'],
    ['set image'],
    ['set env cm/settings A=1'],
    ['set env deploy/dep --from=secret/keys'],
    ['set env deploy/dep --from=configmap/settings'],
    ['set env deploy/dep --from=pod/pod'],
    ['set env deploy/dep A=2 --overwrite=false'],
    ['set env deploy/dep A=2 -c none'],
    ['set env deploy/dep --list'],
    ['set env deploy/dep --list --resolve'],
    ['set env sts,ds,rs,cj --all --list'],
    ['set env deploy/dep 1=c'],
    ["set env deploy/dep '=c'"],
    ['set env deploy/dep A- B-'],
    ['set resources deploy/dep -c=none --limits=cpu=1'],
    ['set resources pod/pod --requests=memory=1Gi'],
    ['set resources cm/settings --requests=memory=1Gi'],
    ['set resources deploy/dep --requests=cpu=2 --limits=cpu=1'],
    ['set serviceaccount pod/pod robot'],
    ['set serviceaccount cm/settings robot'],
    ['set selector svc svc --resource-version=1 app=z'],
    ['get deploy dep -o jsonpath={.spec.template.spec.containers}'],
  ])('%s', async (line) => {
    await says(line);
  });

  it('takes variables from standard input', async () => {
    await piped('P=1\n# a comment\n\nQ=two words\n', 'set', 'env', 'deploy/dep', '-');
    await says('set env deploy/dep --list');
  });
});
