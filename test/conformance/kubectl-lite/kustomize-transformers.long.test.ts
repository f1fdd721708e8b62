/** Kustomizations that bring fields, transformers and schemas of their own. */
import { expect, it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const app = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {url: "http://$(HOST):$(PORT)/$(NONE)"}}
    spec:
      containers:
      - {name: main, image: "nginx:1", args: ["--host=$(HOST)", "$(PORT)", "$$(HOST)"], env: [{name: H, value: $(HOST)}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: tools-only, annotations: {config.kubernetes.io/local-config: "true"}}
---
apiVersion: example.com/v1
kind: Bee
metadata: {name: bee}
spec:
  action: fly
  image: nginx:1
  replicas: 2
  settingsRef: {name: settings}
  list: [{key: a, value: "1"}, {key: b, value: "2"}]
  nested: {labels: {x: "y"}, host: $(HOST)}
`;

const bases = 'resources: [../base]\n';

const config = `
namePrefix: [{path: spec/action, kind: Bee}]
nameReference:
- kind: ConfigMap
  version: v1
  fieldSpecs: [{path: spec/settingsRef/name, kind: Bee}]
commonLabels: [{path: spec/nested/labels, kind: Bee}]
labels: [{path: spec/more/labels, kind: Bee, create: true}]
commonAnnotations: [{path: spec/notes, kind: Bee, create: true}]
images: [{path: spec/image, kind: Bee}]
replicas: [{path: spec/replicas, kind: Bee}]
namespace: [{path: spec/namespace, kind: Bee, create: true}]
varReference: [{path: spec/nested/host, kind: Bee}]
`;

const everything = `
namePrefix: pre-
namespace: shop
commonLabels: {team: a}
labels: [{pairs: {tier: front}}]
commonAnnotations: {note: c}
images: [{name: nginx, newTag: "2"}]
replicas: [{name: bee, count: 7}]
`;

const definitions = {
  'example.com/v1.Bee': {
    Schema: {
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: 'k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta' },
        spec: { $ref: 'example.com/v1.BeeSpec' },
      },
    },
  },
  'example.com/v1.BeeSpec': {
    Schema: {
      properties: {
        action: { type: 'string', 'x-kubernetes-identity': '' },
        settingsRef: {
          'x-kubernetes-object-ref-api-version': 'v1',
          'x-kubernetes-object-ref-kind': 'ConfigMap',
        },
        nested: { $ref: 'example.com/v1.Nested' },
      },
    },
  },
  'example.com/v1.Nested': {
    Schema: { properties: { labels: { 'x-kubernetes-label-selector': '' } } },
  },
};

const schema = {
  definitions: {
    'v1.Bee': {
      type: 'object',
      properties: { spec: { $ref: '#/definitions/v1.BeeSpec' } },
      'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Bee' }],
    },
    'v1.BeeSpec': {
      type: 'object',
      properties: {
        list: {
          type: 'array',
          items: { type: 'object' },
          'x-kubernetes-patch-merge-key': 'key',
          'x-kubernetes-patch-strategy': 'merge',
        },
      },
    },
  },
};

const mergedList = `
patches:
- patch: |-
    apiVersion: example.com/v1
    kind: Bee
    metadata: {name: bee}
    spec: {list: [{key: a, value: changed}]}
`;

const builtin = (kind: string, fields: string): string => `
apiVersion: builtin
kind: ${kind}
metadata: {name: one}
${fields}`;

const inline = (field: string, ...configs: string[]): string =>
  `${bases}${field}:\n${configs.map((text) => `- |-${text.replaceAll('\n', '\n  ')}\n`).join('')}`;

const anywhere = 'fieldSpecs: [{path: metadata/labels, create: true}]';

/** By folder: the kustomization. */
const folders: Readonly<Record<string, string>> = {
  base: 'resources: [app.yaml]\n',
  configured: `${bases}configurations: [config.yaml]\n${everything}`,
  above: `resources: [../configured]\nnamePrefix: more-\n`,
  'configured-late': `resources: [../prefixed]\nconfigurations: [references.yaml]\nnamePrefix: b-\n`,
  prefixed: `${bases}namePrefix: a-\n`,
  defined: `${bases}crds: [crd.json]\n${everything.replace(/replicas.*\n/, '')}`,
  schema: `${bases}openapi: {path: schema.json}\n${mergedList}`,
  'no-schema': `${bases}openapi: {version: v1.21.2}\n${mergedList}`,
  vars: `${bases}namePrefix: pre-
vars:
- {name: HOST, objref: {kind: Service, name: web, apiVersion: v1}}
- {name: PORT, objref: {kind: Service, name: web, version: v1}, fieldref: {fieldpath: "spec.ports[0].port"}}
`,
  'vars-of-bases': 'resources: [../vars]\nnamePrefix: top-\n',
  'vars-twice': `resources: [../vars]\nvars: [{name: HOST, objref: {kind: Service, name: web, version: v1}}]\n`,
  'vars-of-none': `${bases}vars: [{name: HOST, objref: {kind: Service, name: none, version: v1}}]\n`,
  'vars-no-field': `${bases}vars: [{name: HOST, objref: {kind: Service, name: web, version: v1}, fieldref: {fieldpath: spec.none}}]\n`,
  metadata: `${bases}buildMetadata: [originAnnotations, transformerAnnotations]
namePrefix: a-
commonLabels: {a: b}
labels: [{pairs: {c: d}}]
configMapGenerator: [{name: made, literals: [a=b]}]
transformers: [transformer.yaml]
`,
  'metadata-above': `resources: [../metadata, extra.yaml]\nbuildMetadata: [originAnnotations]\n`,
  'no-metadata': 'resources: [../metadata]\n',
  transformers: `${bases}transformers: [transformer.yaml, ../prefixer]\n`,
  prefixer: 'resources: [prefixer.yaml]\n',
  labels: inline('transformers', builtin('LabelTransformer', `labels: {x: "1"}\n${anywhere}`)),
  annotations: inline(
    'transformers',
    builtin(
      'AnnotationsTransformer',
      'annotations: {x: "1"}\nfieldSpecs: [{path: spec/notes, kind: Bee, create: true}]',
    ),
  ),
  namespaces: inline(
    'transformers',
    `\napiVersion: builtin\nkind: NamespaceTransformer\nmetadata: {name: n, namespace: there}\nunsetOnly: true\n`,
  ),
  images: inline(
    'transformers',
    builtin(
      'ImageTagTransformer',
      'imageTag: {name: "ng.*", newTag: "9"}\nfieldSpecs: [{path: spec/image}]',
    ),
  ),
  counts: inline(
    'transformers',
    builtin(
      'ReplicaCountTransformer',
      'replica: {name: bee, count: 9}\nfieldSpecs: [{path: spec/replicas, kind: Bee}]',
    ),
  ),
  patches: inline(
    'transformers',
    builtin(
      'PatchTransformer',
      `target: {kind: Service}\npatch: '[{"op": "replace", "path": "/spec/ports/0/port", "value": 1}]'`,
    ),
    builtin(
      'PatchJson6902Transformer',
      `target: {name: bee}\njsonOp: '[{"op": "add", "path": "/spec/new", "value": 1}]'`,
    ),
    builtin(
      'PatchStrategicMergeTransformer',
      `patches: '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"c": "d"}}'`,
    ),
  ),
  replacing: inline(
    'transformers',
    builtin(
      'ReplacementTransformer',
      'replacements: [{source: {kind: Service}, targets: [{select: {kind: Bee}, fieldPaths: [spec.action]}]}]',
    ),
  ),
  values: inline(
    'transformers',
    builtin(
      'ValueAddTransformer',
      'value: part\ntargets: [{selector: {kind: Bee}, fieldPath: spec/action}, {selector: {kind: Bee}, fieldPath: spec/image, filePathPosition: 1}]',
    ),
  ),
  affixes: inline(
    'transformers',
    builtin(
      'PrefixSuffixTransformer',
      'prefix: p-\nsuffix: -s\nfieldSpecs: [{path: metadata/name}]',
    ),
  ),
  generators: inline(
    'generators',
    builtin('ConfigMapGenerator', 'literals: [a=b]'),
    builtin(
      'SecretGenerator',
      'name: keys\nliterals: [a=b]\noptions: {disableNameSuffixHash: true}',
    ),
    builtin(
      'IAMPolicyGenerator',
      'cloud: gke\nkubernetesService: {name: k}\nserviceAccount: {name: s, projectId: p}',
    ),
  ),
  validators: inline('validators', builtin('LabelTransformer', 'labels: {}')),
  'patches-in-turn': `${bases}namePrefix: p-
patchesJson6902: [{target: {version: v1, kind: Service, name: web}, patch: '[{"op": "add", "path": "/metadata/labels/late", "value": "yes"}]'}]
commonLabels: {early: "yes"}
`,
};

const failing: Readonly<Record<string, string>> = {
  'changing-validator': inline(
    'validators',
    builtin('LabelTransformer', `labels: {x: "1"}\n${anywhere}`),
  ),
  foreign: inline('transformers', '\napiVersion: example.com/v1\nkind: Sed\nmetadata: {name: s}'),
  'foreign-function': inline(
    'generators',
    '\napiVersion: example.com/v1\nkind: Run\nmetadata: {name: s, annotations: {config.kubernetes.io/function: "container: {image: x}"}}',
  ),
  unknown: inline('transformers', builtin('NoTransformer', '')),
  'no-generator': inline('generators', builtin('LabelTransformer', 'labels: {}')),
  'no-transformer': inline('transformers', builtin('SecretGenerator', 'name: x')),
  'other-schema': `${bases}openapi: {version: v1.2.3}\n`,
  'two-schemas': `${bases}openapi: {version: v1.21.2, path: schema.json}\n`,
  'bad-config': `${bases}configurations: [bad.yaml]\nnamePrefix: x-\n`,
};

transcripts('kustomizations with fields of their own', ({ file, says, each }) => {
  it('sets the scene', async () => {
    for (const [name, text] of Object.entries({ ...folders, ...failing })) {
      await file(`${name}/kustomization.yaml`, text);
      await file(`${name}/config.yaml`, config);
      await file(`${name}/bad.yaml`, 'namePrefix: [{path: a}]\nnamePrefixes: []\n');
      await file(
        `${name}/references.yaml`,
        'nameReference: [{kind: ConfigMap, version: v1, fieldSpecs: [{path: spec/settingsRef/name, kind: Bee}]}]\n',
      );
      await file(`${name}/crd.json`, JSON.stringify(definitions));
      await file(`${name}/schema.json`, JSON.stringify(schema));
      await file(
        `${name}/transformer.yaml`,
        builtin('LabelTransformer', `labels: {x: "1"}\n${anywhere}`),
      );
      await file(
        `${name}/extra.yaml`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n',
      );
    }
    await file('base/app.yaml', app);
    await file(
      'prefixer/prefixer.yaml',
      builtin('PrefixTransformer', 'prefix: z-\nfieldSpecs: [{path: metadata/name}]'),
    );
  });

  it.each(
    Object.keys(folders)
      .filter((name) => !['prefixer', 'vars-twice', 'vars-of-none', 'vars-no-field'].includes(name))
      .map((name) => [name]),
  )('builds %s', async (name) => {
    await says(`kustomize {folder}/${name}`);
  });

  // kustomize tells the way to it, and some of these by its own types in Go.
  it.each([
    ['changing-validator', "validator shouldn't modify the resource map"],
    ['foreign', "external plugins disabled; unable to load external plugin 'Sed'"],
    ['foreign-function', "external plugins disabled; unable to load external plugin 'Run'"],
    ['unknown', 'unable to load builtin NoTransformer.builtin.[noGrp]'],
    ['no-generator', 'plugin LabelTransformer.builtin.[noGrp]/one.[noNs] not a generator'],
    ['no-transformer', 'plugin SecretGenerator.builtin.[noGrp]/one.[noNs] not a transformer'],
    ['other-schema', 'the specified OpenAPI version is not built in'],
    ['two-schemas', 'builtin version and custom schema provided, cannot use both'],
    ['bad-config', 'unknown field "namePrefixes"'],
    ['vars-twice', "var 'HOST' already encountered"],
    [
      'vars-of-none',
      "var '{HOST Service.v1.[noGrp] {metadata.name}}' cannot be mapped to a field in the set of known resources",
    ],
    [
      'vars-no-field',
      "field specified in var '{HOST Service.v1.[noGrp] {spec.none}}' not found in corresponding resource",
    ],
  ])('refuses %s', async (name, reason) => {
    const { kubectl, lite } = await each('kustomize', `{folder}/${name}`);
    expect([lite.code, kubectl.code]).toEqual([1, 1]);
    expect(kubectl.err).toContain(reason);
    expect(lite.err).toContain(reason);
    expect(lite.out).toBe('');
  });

  it('says who manages, and what is replaced nowhere', async () => {
    await file(
      'managed/kustomization.yaml',
      'resources: [../base]\nbuildMetadata: [managedByLabel]\n',
    );
    const { kubectl, lite } = await each('kustomize', '{folder}/managed');
    const even = (text: string): string => text.replaceAll(/kustomize-\S+/g, 'kustomize');
    expect(even(lite.out)).toBe(even(kubectl.out));
    expect(lite.out).toContain('app.kubernetes.io/managed-by: kustomize-v5.');
    await file(
      'unused/kustomization.yaml',
      'resources: [../managed]\nvars: [{name: UNUSED, objref: {kind: Service, name: web, version: v1}}]\n',
    );
    const unused = await each('kustomize', '{folder}/unused');
    const said = 'well-defined vars that were never replaced: UNUSED';
    expect(unused.kubectl.err).toContain(said);
    expect(unused.lite.err).toContain(said);
    expect(unused.lite.out).toBe(unused.kubectl.out);
  });
});
