import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  labels: {app: web, example.com/tier: front}
data:
  text: "two\\nlines\\n"
  markup: "<b> & </b>"
  number: "12"
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: other
  annotations: {a: b}
data: {}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  labels: {app: web}
spec:
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: web}
  - {name: alt, port: 8080}
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
      - {name: main, image: "nginx:1"}
      - {name: side, image: "busybox"}
`;

transcripts('get', ({ both, piped, file }) => {
  it('sets the scene', async () => {
    await file('web.yaml', manifest);
    await both('apply', '-f', 'web.yaml');
    await both('apply', '-f', 'web.yaml');
    await piped(manifest, 'apply', '-f', '-');
  });

  it.each([
    ['get cm'],
    ['get cm,svc,deploy'],
    ['get cm settings other'],
    ['get cm/settings svc/web'],
    ['get cm/settings cm/other'],
    ['get deploy web -o wide'],
    ['get cm --show-labels'],
    ['get deploy,cm -L app,example.com/tier'],
    ['get cm --no-headers'],
    ['get cm --sort-by=.metadata.name'],
    ['get cm --sort-by={.metadata.creationTimestamp} -l app=web'],
    ['get cm -l app=web'],
    ['get cm -l app=none'],
    ['get cm -l app=web,'],
    ['get cm --field-selector metadata.name=other'],
    ['get cm --field-selector nope=other'],
    ['get cm --show-kind'],
    ['get cm --chunk-size=1'],
    ['get configmap.v1. settings'],
    ['get deployments.v1.apps web'],
    ['get all'],
    ['get cm nope'],
    ['get cm nope nada'],
    ['get cm settings nope'],
    ['get cm settings nope -o yaml'],
    ['get cm nope --ignore-not-found'],
    ['get cm nope --ignore-not-found -o json'],
    ['get secrets'],
    ['get secrets -A -l a=b'],
    ['get ns -l a=b'],
    ['get ns ns-none'],
    ['get cm settings -o yaml'],
    ['get cm settings -o json'],
    ['get cm -o yaml --field-selector=metadata.name!=kube-root-ca.crt'],
    ['get cm,svc -o json'],
    ['get cm,svc,deploy -o name'],
    ['get deploy web -o yaml'],
    ['get svc web -o json --show-managed-fields'],
    ['get -f web.yaml'],
    ['get -f web.yaml -o name'],
    ['get --raw /healthz'],
    ['get --raw /readyz?verbose&exclude=ping&exclude=shutdown'],
    ['get --raw nope'],
    ['get --raw /healthz -o json'],
    ['get --raw /healthz -w'],
    ['get pods --raw /healthz'],
    ['get cm --template={{.kind}}'],
    ['get cm settings --template={{.kind}} -o json'],
    ['get svc web -o jsonpath={.metadata.managedFields[0].manager}'],
    ['get cm -o jsonpath-as-json={.items[*].metadata.name}{.kind}'],
    ['get cm --sort-by=.nope -o name'],
    ['get cm --sort-by=.metadata.name --chunk-size=1'],
    ['get cm settings --request-timeout=x'],
    ['get all -A -l app=web'],
    ['get cm --subresource=status'],
    ['get cm/'],
    ['get deployments.v2.apps/web'],
    ['get deploy web --subresource=scale'],
  ])('%s', async (line) => {
    await both(...line.split(' '));
  });

  it.each([
    ['{.items[*].metadata.name}'],
    ['{range .items[*]}{.metadata.name}{"\\t"}{.kind}{"\\n"}{end}'],
    ['{range .items[*]}<{.metadata.name}>{"\\n"}'],
    ['{range .items[*]}[{.kind}{range .spec.ports[*]}{.port},{end}x'],
    ["{.items[?(@.kind=='Service')].spec.ports[0].port}"],
    ['{.items[?(@.metadata.name=="settings")].data}'],
    ['{.items[0].metadata.labels}'],
    ["{.items[0].metadata.labels.example\\.com/tier} {.items[0].metadata.labels['app']}"],
    ['{..port}'],
    ['{.items[0:2].metadata.name}'],
    ['{.items[-1].metadata.name}'],
    ["{.items[0]['kind','apiVersion']}"],
    ['{.items[0].nothing}'],
    ['{.items[?(@.spec.replicas)].metadata.name}'],
    ['{.items[?(@.spec.replicas==0)].metadata.name}'],
    ['text'],
    ['{.items[0'],
    ['{.items[*].data.number}'],
    ['{$.kind}'],
    ["{.items[*]['metadata.name','kind']}"],
    ['{.items[1:3:2].kind}{.items[2:2].kind}'],
    ['{.items[?(@.kind=~"x")]}'],
    ['{.items[?(@.kind=="ConfigMap" && @.data)]}'],
    ['{.items[ 0 ].kind}'],
    ['{{.kind}}'],
  ])('jsonpath %s', async (path) => {
    await both('get', 'cm,svc,deploy', '-o', `jsonpath=${path}`);
  });

  it.each([
    ['{{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}'],
    ['{{range $i, $x := .items}}{{$i}}={{$x.kind}} {{end}}'],
    ['{{len .items}} {{(index .items 0).metadata.name}}'],
    ['{{with .nothing}}x{{else}}none{{end}} {{.nothing}}'],
    ['{{range .items -}} {{if eq .kind "Service"}}S{{else if .data}}D{{else}}-{{end}} {{- end}}'],
    [
      '{{range .items}}{{range $k, $v := .metadata.labels}}{{$k}}:{{$v | printf "%q"}},{{end}}{{end}}',
    ],
    ['{{(index .items 0).metadata.labels}}'],
    ['{{range .items}}{{if and .spec (not .spec.replicas)}}{{.kind | html}}{{end}}{{end}}'],
    ['{{1.5e3}} {{0x1F}} {{js "it\'s <b>"}}'],
    ['{{nope}}'],
    ['{{ "open }}'],
    ['{{/* nothing */}}{{$n := 1}}{{printf "%03d|%-5s|" $n "ab"}}'],
  ])('go-template %s', async (template) => {
    await both('get', 'cm,svc,deploy', '-o', `go-template=${template}`);
  });

  it.each([
    ['NAME:.metadata.name,IMAGES:.spec.template.spec.containers[*].image,NONE:.no'],
    ['N:metadata.name,L:.metadata.labels'],
    ['N:{.metadata.name}'],
    ['EMPTY:,N:.metadata.name'],
  ])('custom-columns %s', async (columns) => {
    await both('get', 'deploy,cm', '-o', `custom-columns=${columns}`);
    await both('get', 'deploy', '--no-headers', '-o', `custom-columns=${columns}`);
  });

  it.each([
    ['xyz'],
    ['descr'],
    ['get'],
    ['get pods --foo'],
    ['get pods -z'],
    ['get pods -o xml'],
    ['get pods --watch=maybe'],
    ['get pods a/b'],
    ['get nothing'],
    ['get nothing/x pods/y'],
    ['get pods x -l a=b'],
    ['get pods x -A'],
    ['get pods,svc -w'],
    ['get pods -o custom-columns='],
    ['get pods -o custom-columns=A'],
    ['get pods -o jsonpath='],
    ['get pods --xyzzy'],
    ['get pods -o custom-columns-file=/nope'],
    ['get pods -o custom-columns-file'],
    ['get pods -o jsonpath-file=/nope'],
    ['get pods -o go-template-file=/nope'],
    ['delete pods x --timeout=4d'],
    ['scale deploy web --replicas=99999999999999999999'],
  ])('refuses %s', async (line) => {
    await both(...line.split(' '));
  });
});
