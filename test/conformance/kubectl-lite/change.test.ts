import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  labels: {app: web}
data: {a: b}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: web}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: "nginx:1", ports: [{containerPort: 8080}]}
      - {name: side, image: "busybox"}
`;

transcripts('changing objects', ({ both, file }) => {
  it('sets the scene', async () => {
    await file('web.yaml', manifest);
    await file('patch.yaml', 'data:\n  c: d\n');
    await both('create', '-f', 'web.yaml');
    await both('create', '-f', 'web.yaml');
  });

  it.each([
    ['label cm settings tier=front'],
    ['label cm settings tier=front'],
    ['label cm settings tier=back'],
    ['label cm settings tier=back --overwrite'],
    ['label cm settings tier- none-'],
    ['label cm settings'],
    ['label cm x=y'],
    ['label cm --all x=y'],
    ['label cm -l app=web z=1'],
    ['label svc web only=one'],
    ['label svc web --list'],
    ['label svc,secrets --all --list'],
    ['label cm settings a=b -o yaml'],
    ['label cm settings a=c --dry-run=client --overwrite'],
    ['label cm settings a=c --dry-run=server --overwrite'],
    ['label cm settings a=b a-'],
    ['label cm nope a=b'],
    ['label -f web.yaml q=r'],
    ['label cm settings bad=a/b'],
    ['annotate cm settings x=y'],
    ['annotate cm settings x=z'],
    ['annotate cm settings x-'],
    ['annotate cm settings'],
    ['annotate cm settings --list'],
    ['patch cm settings -p {"data":{"n":"1"}}'],
    ['patch cm settings -p {"data":{"n":"1"}}'],
    ['patch cm settings --type=merge -p {"data":{"n":null}} -o yaml'],
    ['patch cm settings --type=json -p [{"op":"add","path":"/data/j","value":"x"}]'],
    ['patch cm settings --type=json -p [{"op":"remove","path":"/data/none"}]'],
    ['patch cm settings --patch-file patch.yaml'],
    ['patch cm settings'],
    ['patch cm settings -p x --type=odd'],
    ['patch cm settings -p {"data":{"n":"2"}} --dry-run=server'],
    ['patch deploy web --subresource=scale --type=merge -p {"spec":{"replicas":0}}'],
    ['replace -f web.yaml'],
    ['replace -f web.yaml --dry-run=server -o name'],
    ['replace'],
    ['set image deploy/web main=nginx:2'],
    ['set image deploy/web main=nginx:2'],
    ['set image deploy/web none=nginx:2'],
    ['set image deploy/web *=nginx:3'],
    ['set image deploy/web'],
    ['set image main=x'],
    ['set image deploy,rs --all side=b:1'],
    ['set env deploy/web A=b C=d'],
    ['set env deploy/web --list'],
    ['set env deploy/web A- -c main'],
    ['set env deploy/web --from=configmap/settings --prefix=X_'],
    ['set env deploy/web --list'],
    ['set env deploy/web'],
    ['set env deploy --all --list'],
    ['set resources deploy web --limits=cpu=200m,memory=64Mi --requests=cpu=100m'],
    ['set resources deploy web -c side --limits=cpu=300m'],
    ['set resources deploy web'],
    ['set serviceaccount deploy web robot'],
    ['set selector svc web app=other'],
    ['get deploy web -o jsonpath={.spec.template.spec}'],
    ['get svc web -o jsonpath={.spec.selector}'],
    ['get cm settings -o yaml'],
    ['set foo'],
    ['scale deploy web --replicas=0'],
    ['scale deploy/web --replicas=0 --current-replicas=3'],
    ['scale deploy web'],
    ['scale deploy web --replicas=-1'],
    ['scale deploy web --replicas=x'],
    ['scale cm settings --replicas=1'],
    ['scale deploy none --replicas=1'],
    ['scale --replicas=0 -f web.yaml'],
    ['expose deploy web --name=web2'],
    ['expose deploy web'],
    [
      'expose deploy web --port=80 --target-port=8080 --name=web3 --type=NodePort --dry-run=client -o yaml',
    ],
    ['expose svc web --port=90 --name=web4 --dry-run=client -o yaml'],
    ['expose cm settings --port=80'],
    ['autoscale deploy web'],
    ['autoscale deploy web --max=0'],
    ['run x --image=nginx --dry-run=client -o yaml'],
    [
      'run x --image=nginx --env=A=b --port=80 --labels=a=b --restart=Never --dry-run=client -o yaml',
    ],
    ['run x --image=nginx --restart=Sometimes'],
    ['run x --image=nginx --dry-run=client -o yaml -- sh -c ls'],
    ['run x --image=nginx --command --dry-run=client -o yaml -- sh -c ls'],
    ['run'],
    ['run x'],
    ['delete cm settings --dry-run=client'],
    ['delete cm settings --dry-run=server'],
    ['delete cm settings none'],
    ['delete cm none --ignore-not-found'],
    ['delete svc web2 -o name'],
    ['delete cm -l a=none'],
    ['delete cm'],
    ['delete'],
    ['delete svc web --cascade=odd'],
    ['delete svc web --now --grace-period=3'],
    ['delete -f web.yaml --wait=false'],
    ['delete deploy --all'],
    ['wait --for=delete deploy/none'],
    ['wait --for=condition=x cm/none'],
    ['wait --for=odd cm/none'],
  ])('%s', async (line) => {
    await both(...line.split(' '));
  });
});
