/** What a kustomization builds, byte for byte. */
import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const app = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: robot
      imagePullSecrets: [{name: pull}]
      initContainers: [{name: init, image: "busybox:1", envFrom: [{secretRef: {name: keys}}]}]
      containers:
      - name: main
        image: example.com/web:1
        env:
        - {name: A, valueFrom: {configMapKeyRef: {name: settings, key: a}}}
        - {name: HOST, value: placeholder}
        volumeMounts: [{name: v, mountPath: /v}]
      - {name: side, image: "busybox@sha256:abc"}
      volumes:
      - {name: v, configMap: {name: settings}}
      - {name: s, secret: {secretName: keys}}
      - {name: c, persistentVolumeClaim: {claimName: data}}
      - {name: p, projected: {sources: [{configMap: {name: settings}}, {secret: {name: keys}}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [configmaps], resourceNames: [settings], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: robot, namespace: default}, {kind: User, name: jane}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  tls: [{secretName: cert}]
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 0 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "busybox:1", envFrom: [{configMapRef: {name: settings}}]}]}}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: old}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: web
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: "db:1"}]}}
  volumeClaimTemplates: [{metadata: {name: disk}, spec: {accessModes: [ReadWriteOnce]}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: x}}}]}]}
`;

/** What is a text to kustomize, and what is none. */
const words = `
apiVersion: v1
kind: ConfigMap
metadata: {name: words, annotations: {n: off}}
data: {a: y, b: N, c: yes, d: on, e: "on", f: true, g: True, h: 0777, i: 0o17, n: ~, t: 12:30:00, w: 2001-01-01}
`;

const generators = `
configMapGenerator:
- {name: settings, literals: [a=b, 'c="quoted"'], files: [one.txt, k=two.txt], options: {labels: {g: h}}}
- {name: plain, envs: [vars.env], options: {disableNameSuffixHash: true, immutable: true}}
secretGenerator:
- {name: keys, literals: [password=x], type: example.com/key}
generatorOptions: {annotations: {made: here}}
`;

/** By folder: the kustomization, beside the files above. */
const folders: Readonly<Record<string, string>> = {
  base: `resources: [app.yaml]\n${generators}`,
  names: 'resources: [../base]\nnamePrefix: pre-\nnameSuffix: -suf\n',
  space: 'resources: [../base]\nnamespace: shop\n',
  labels: `resources: [../base]
commonLabels: {team: a}
commonAnnotations: {note: b}
`,
  'some-labels': `resources: [../base]
labels:
- {pairs: {x: "1"}}
- {pairs: {w: "2"}, includeSelectors: true}
- {pairs: {z: "3"}, includeTemplates: true}
`,
  images: `resources: [../base]
images:
- {name: busybox, newTag: "2"}
- {name: example.com/web, newName: other/web, digest: "sha256:0123"}
- {name: db, newName: postgres}
replicas: [{name: web, count: 5}, {name: db, count: 2}]
`,
  patches: `resources: [../base]
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {patched: "yes"}}
    spec: {template: {spec: {containers: [{name: main, resources: {limits: {cpu: "1"}}}]}}}
- target: {kind: Service}
  patch: |-
    - {op: replace, path: /spec/ports/0/port, value: 8080}
    - {op: add, path: /metadata/annotations, value: {a: b}}
- target: {kind: "Cron.*", name: "night.*"}
  patch: '{"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "any"}, "spec": {"suspend": true}}'
- target: {labelSelector: app=none}
  patch: '[{"op": "remove", "path": "/none"}]'
`,
  'patched-first': `resources: [../base]
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          containers:
          - {name: side, image: "busybox:2"}
          - {name: new, image: "busybox:3"}
          - {name: main, env: [{name: HOST, value: h}, {name: NEW, value: n}, {name: A, $patch: delete}]}
          volumes: [{name: p, $patch: delete}, {name: c, emptyDir: {}, persistentVolumeClaim: null}]
`,
  legacy: `bases: [../base]
patchesStrategicMerge: [delete.yaml]
patchesJson6902:
- {target: {version: v1, kind: Service, name: web}, patch: '[{"op": "add", "path": "/spec/type", "value": "NodePort"}]'}
`,
  merge: `resources: [../base]
namePrefix: over-
configMapGenerator:
- {name: settings, behavior: merge, literals: [a=changed, new=one]}
secretGenerator:
- {name: keys, behavior: replace, literals: [other=x]}
`,
  component: `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
configMapGenerator: [{name: extra, literals: [a=b]}]
patches: [{target: {kind: Deployment}, patch: '[{"op": "add", "path": "/metadata/labels", "value": {"from": "component"}}]'}]
`,
  composed: 'resources: [../base]\ncomponents: [../component]\nnamePrefix: c-\n',
  replacements: `resources: [../base]
replacements:
- source: {kind: Service, name: web}
  targets:
  - select: {kind: Deployment, name: web}
    fieldPaths: ["spec.template.spec.containers.[name=main].env.[name=HOST].value"]
- source: {kind: Deployment, name: web, fieldPath: "spec.template.spec.containers.[name=main].image", options: {delimiter: ":", index: 1}}
  targets:
  - {select: {kind: Service}, fieldPaths: ["metadata.annotations.version\\\\.example\\\\.com"], options: {create: true}}
  - {select: {kind: CronJob}, fieldPaths: ["spec.jobTemplate.spec.template.spec.containers.*.image"], options: {delimiter: ":", index: 1}}
`,
  digests: 'resources: [../base]\nimages: [{name: busybox, newTag: "2", digest: "sha256:0123"}]\n',
  renamed: `resources: [../base]
patches:
- target: {kind: Service}
  options: {allowNameChange: true}
  patch: '[{"op": "replace", "path": "/metadata/name", "value": "renamed"}]'
`,
  moved: `resources: [../small]
namespace: here
configMapGenerator: [{name: settings, namespace: there, literals: [a=b]}]
`,
  fields: `resources: [../base]
labels:
- pairs: {where: mine}
  fields:
  - {path: spec/selector, kind: Service}
  - {path: spec/own/labels, group: apps, version: v1, kind: Deployment, create: true}
`,
  words: `resources: [words.yaml]
patches: [{patch: "{apiVersion: v1, kind: ConfigMap, metadata: {name: words}, data: {p: yes, q: 2001-01-01}}"}]
`,
  small: 'resources: [small.yaml]\n',
  nothing: 'namePrefix: x-\n',
  fifo: 'resources: [../base]\nsortOptions: {order: fifo}\n',
  twice: 'resources: [../names, ../other]\n',
  other: 'resources: [small.yaml]\nnamePrefix: o-\n',
};

const failing: Readonly<Record<string, string>> = {
  'no-match': `resources: [small.yaml]
patches: [{patch: "{apiVersion: v1, kind: ConfigMap, metadata: {name: none}}"}]
`,
  'twice-a-key': 'configMapGenerator: [{name: c, literals: [a=1, a=2]}]\n',
  'no-value': 'configMapGenerator: [{name: c, literals: [a]}]\n',
  'no-name': 'secretGenerator: [{literals: [a=b]}]\n',
  'other-kind': 'kind: Other\nresources: [small.yaml]\n',
  'other-version': 'apiVersion: kustomize.config.k8s.io/v1\nresources: [small.yaml]\n',
  'no-replicas': 'resources: [small.yaml]\nreplicas: [{name: none, count: 1}]\n',
  empty: '{}\n',
};

transcripts('kustomizations', ({ file, says }) => {
  it('sets the scene', async () => {
    for (const [name, text] of Object.entries({ ...folders, ...failing })) {
      await file(`${name}/kustomization.yaml`, text);
      await file(
        `${name}/small.yaml`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: small}\n',
      );
      await file(
        `${name}/delete.yaml`,
        'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\n$patch: delete\n',
      );
    }
    await file('base/app.yaml', app);
    await file('words/words.yaml', words);
    await file('base/one.txt', 'one\n');
    await file('base/two.txt', 'two\nlines\n');
    await file('base/vars.env', '# a comment\nX=1\nY=two words\n');
  });

  const names = Object.keys(folders).filter((name) => name !== 'component');
  it.each(names.map((name) => [name]))('builds %s', async (name) => {
    await says(`kustomize {folder}/${name}`);
  });

  it.each(Object.keys(failing).map((name) => [name]))('refuses %s', async (name) => {
    await says(`kustomize {folder}/${name}`);
  });
});
