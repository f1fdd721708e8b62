import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { PodTemplateSpec } from '../../api/types/core-v1.ts';
import { goDump } from './go-dump.ts';
import { dataHash } from './revisions.ts';
import { templateHash } from './template-hash.ts';

const nginx = `
metadata: {labels: {app: nginx}}
spec:
  containers:
  - name: nginx
    image: nginx:1.14.2
    ports: [{containerPort: 80, protocol: TCP}]
    resources: {}
    terminationMessagePath: /dev/termination-log
    terminationMessagePolicy: File
    imagePullPolicy: IfNotPresent
  restartPolicy: Always
  terminationGracePeriodSeconds: 30
  dnsPolicy: ClusterFirst
  securityContext: {}
  schedulerName: default-scheduler
`;
const wide = `
metadata:
  labels: {b: '2', a: '1'}
  annotations: {note: '<a> & ü'}
spec:
  volumes:
  - {name: cache, emptyDir: {medium: Memory, sizeLimit: 100Ti}}
  - name: all
    projected:
      defaultMode: 420
      sources:
      - downwardAPI: {items: [{path: cpu, resourceFieldRef: {containerName: c, resource: limits.cpu, divisor: '0'}}]}
      - serviceAccountToken: {path: token, expirationSeconds: 3607}
  containers:
  - name: c
    image: busybox
    command: [sleep, '1']
    env: [{name: X}, {name: IP, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: status.podIP}}}]
    resources:
      limits: {cpu: 1500m, memory: 8Gi, example.com/gpu: '2'}
      requests: {cpu: '1', memory: 1Gi, ephemeral-storage: 1k}
    livenessProbe: {httpGet: {path: /, port: web, scheme: HTTP}, periodSeconds: 10}
    readinessProbe: {tcpSocket: {port: 8080}}
    volumeMounts: [{name: cache, mountPath: /cache, readOnly: true}]
    securityContext: {runAsNonRoot: true, capabilities: {drop: [ALL]}}
  nodeSelector: {disk: ssd}
  automountServiceAccountToken: false
  tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 300}]
  topologySpreadConstraints:
  - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchExpressions: [{key: a, operator: In, values: ['1']}]}}
`;
const template = (text: string) => load(text) as PodTemplateSpec;

describe('hashes of templates', () => {
  // What Go programs computed with k8s.io/apimachinery 0.34.1, of the same templates read from
  // protobuf, as kube-controller-manager reads them.
  it.each([
    ['a plain one', nginx, ['bf744486c', '8597dbbbb', '6fc8c9d6d6']],
    ['one with much in it', wide, ['56f8bc64b9', '8cc96b64d', 'b6fc5b785']],
  ])('are those of kube-controller-manager: %s', (_title, text, [label, collided, revision]) => {
    expect(templateHash(template(text))).toBe(label);
    expect(templateHash(template(text), 1)).toBe(collided);
    expect(dataHash(template(text))).toBe(revision);
  });
});

describe('quantities as Go holds them', () => {
  const AMOUNT = /value:\(int64\)(-?\d+) scale:\(resource.Scale\)(-?\d+)/;
  const WORDS = /abs:\(big.nat\)\[(.*?)\]/;
  const KEPT = /s:\(string\)(.*?) Format:\(resource.Format\)(\w+)\}$/;
  const parts = (text: string | undefined) => {
    const dump = goDump('resource.Quantity', text);
    return [AMOUNT, WORDS, KEPT]
      .map((part) => part.exec(dump)?.slice(1).join(' ') ?? '')
      .join(', ');
  };
  it.each([
    // The text is kept where Go takes it for canonical without looking closely.
    ['0', '0 0, , 0 DecimalSI'],
    [undefined, '0 0, , 0 DecimalSI'],
    ['100m', '100 -3, , 100m DecimalSI'],
    ['1500m', '1500 -3, , 1500m DecimalSI'],
    ['1e3', '1 3, , 1e3 DecimalExponent'],
    ['1Gi', '1073741824 0, , 1Gi BinarySI'],
    ['8Gi', '8589934592 0, ,  BinarySI'],
    ['-500m', '-500 -3, , -500m DecimalSI'],
    ['100Ti', '0 0, 8568098291072368640 5960,  BinarySI'],
    ['1234567890123456789m', '0 0, 1096246371337547584 66926,  DecimalSI'],
  ])('%s', (text, expected) => {
    expect(parts(text)).toBe(expected);
  });
});
