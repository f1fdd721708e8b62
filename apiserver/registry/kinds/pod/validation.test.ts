import { describe, expect, test } from 'vitest';
import { createErrors, type Sent } from '../../../../test/support/kinds.ts';
import { pod } from './declaration.ts';

const container = (fields: Sent = {}): Sent => ({ name: 'c', image: 'nginx', ...fields });
const podOf = (fields: Sent = {}): Sent => ({ spec: { containers: [container()], ...fields } });
const withContainer = (fields: Sent): Sent => podOf({ containers: [container(fields)] });

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must " +
  "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for " +
  "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

describe('validation', () => {
  test.each<[string, Sent, string[]]>([
    ['a good pod', podOf(), []],
    ['no spec', {}, ['spec.containers: Required value']],
    [
      'bad names and no image',
      podOf({ containers: [{ name: 'A', image: 'x' }, { name: 'b' }, { image: 'x' }] }),
      [
        `spec.containers[0].name: Invalid value: "A": ${label}`,
        'spec.containers[1].image: Required value',
        'spec.containers[2].name: Required value',
      ],
    ],
    [
      'the same name twice',
      podOf({ containers: [container(), container()], initContainers: [container()] }),
      [
        'spec.containers[1].name: Duplicate value: "c"',
        'spec.initContainers[0].name: Duplicate value: "c"',
      ],
    ],
    [
      'white space around an image',
      withContainer({ image: ' nginx' }),
      [
        'spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace',
      ],
    ],
    [
      'words outside their set',
      podOf({
        restartPolicy: 'x',
        dnsPolicy: 'y',
        containers: [container({ imagePullPolicy: 'z' })],
      }),
      [
        'spec.containers[0].imagePullPolicy: Unsupported value: "z": supported values: "Always", "IfNotPresent", "Never"',
        'spec.restartPolicy: Unsupported value: "x": supported values: "Always", "OnFailure", "Never"',
        'spec.dnsPolicy: Unsupported value: "y": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      ],
    ],
    [
      'ports',
      withContainer({
        ports: [
          { containerPort: 0 },
          { containerPort: 70000, name: 'a' },
          { containerPort: 80, name: 'a', hostPort: 80 },
          { containerPort: 81, protocol: 'ICMP', hostPort: 80 },
          { containerPort: 82, hostPort: 80 },
        ],
      }),
      [
        'spec.containers[0].ports[0].containerPort: Required value',
        'spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
        'spec.containers[0].ports[2].name: Duplicate value: "a"',
        'spec.containers[0].ports[3].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
        'spec.containers[0].ports[4].hostPort: Duplicate value: "TCP//80"',
      ],
    ],
    [
      'environment',
      withContainer({
        env: [
          { name: '' },
          { name: 'A=B', value: '1' },
          { name: 'B', value: '1', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'C', valueFrom: { fieldRef: { fieldPath: 'spec.nope' } } },
          { name: 'D', valueFrom: {} },
          { name: 'E', valueFrom: { configMapKeyRef: { name: 'm' } } },
          { name: 'F', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } },
        ],
        envFrom: [{ configMapRef: {} }],
      }),
      [
        'spec.containers[0].env[0].name: Required value',
        'spec.containers[0].env[1].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
        'spec.containers[0].env[2].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
        'spec.containers[0].env[3].valueFrom.fieldRef.fieldPath: Invalid value: "spec.nope": error converting fieldPath: field label not supported: spec.nope',
        'spec.containers[0].env[4].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
        'spec.containers[0].env[5].valueFrom.configMapKeyRef.key: Required value',
        'spec.containers[0].env[6].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
        'spec.containers[0].envFrom[0].configMapRef.name: Required value',
      ],
    ],
    [
      'volumes and mounts',
      podOf({
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'v', emptyDir: {}, hostPath: { path: '/x' } },
          { name: 'h', hostPath: { path: '/a/../b', type: 'Dir' } },
          { name: 's', secret: {} },
        ],
        containers: [
          container({
            volumeMounts: [
              { name: 'v', mountPath: '/v' },
              { name: 'nope', mountPath: '/v' },
              { name: 'v', mountPath: '', subPath: '/abs' },
            ],
          }),
        ],
      }),
      [
        'spec.volumes[1].hostPath: Forbidden: may not specify more than 1 volume type',
        'spec.volumes[1].name: Duplicate value: "v"',
        'spec.volumes[2].hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
        'spec.volumes[2].hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
        'spec.volumes[3].secret.secretName: Required value',
        'spec.containers[0].volumeMounts[1].name: Not found: "nope"',
        'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique',
        'spec.containers[0].volumeMounts[2].mountPath: Required value',
        'spec.containers[0].volumeMounts[2].subPath: Invalid value: "/abs": must be a relative path',
      ],
    ],
    [
      'resources',
      withContainer({
        resources: {
          limits: { cpu: '1', foo: '1', memory: '-1' },
          requests: { cpu: '2', 'example.com/gpu': '1' },
        },
      }),
      [
        'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
        'spec.containers[0].resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0',
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
        'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
        'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers',
        'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
    [
      'resources of the whole pod',
      {
        spec: {
          resources: {
            limits: { cpu: '1', 'hugepages-2Mi': '3Mi', 'example.com/gpu': '1' },
            requests: { cpu: '500m', 'hugepages-2Mi': '3Mi' },
          },
          containers: [
            {
              name: 'c',
              image: 'nginx',
              resources: {
                limits: { cpu: '2', 'hugepages-2Mi': '4Mi' },
                requests: { cpu: '600m', 'hugepages-2Mi': '4Mi' },
              },
            },
          ],
        },
      },
      [
        'spec.resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
        'spec.resources.limits[example.com/gpu]: Unsupported value: "example.com/gpu": supported values: "cpu", "hugepages-", "memory"',
        'spec.resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
        'spec.resources.requests[cpu]: Invalid value: "500m": must be greater than or equal to aggregate container requests of 600m',
        'spec.resources.requests[hugepages-2Mi]: Invalid value: "3Mi": must be greater than or equal to aggregate container requests of 4Mi',
        'spec.resources.limits[hugepages-2Mi]: Invalid value: "3Mi": must be greater than or equal to aggregate container limits of 4Mi',
        'spec.resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1',
        'spec.resources.containers[0][hugepages-2Mi].limits: Invalid value: "4Mi": must be less than or equal to pod limits of 3Mi',
      ],
    ],
    [
      'probes',
      withContainer({
        livenessProbe: { successThreshold: 2, exec: { command: ['a'] }, tcpSocket: { port: 1 } },
        readinessProbe: { periodSeconds: -1 },
        startupProbe: { httpGet: { port: 'UPPER_', scheme: 'ftp' } },
      }),
      [
        'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
        'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
        'spec.containers[0].readinessProbe: Required value: must specify a handler type',
        'spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0',
        'spec.containers[0].startupProbe.httpGet.port: Invalid value: "UPPER_": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        'spec.containers[0].startupProbe.httpGet.port: Invalid value: "UPPER_": must contain at least one letter (a-z)',
        'spec.containers[0].startupProbe.httpGet.scheme: Unsupported value: "ftp": supported values: "HTTP", "HTTPS"',
      ],
    ],
    [
      'init containers are no sidecars by default',
      podOf({
        initContainers: [
          { name: 'i', image: 'x', livenessProbe: { exec: { command: ['a'] } } },
          {
            name: 's',
            image: 'x',
            restartPolicy: 'Always',
            startupProbe: { exec: { command: ['a'] } },
          },
        ],
        containers: [container({ restartPolicy: 'Always' })],
      }),
      [
        'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      ],
    ],
    [
      'tolerations',
      podOf({
        tolerations: [
          { value: 'x' },
          { key: 'k', operator: 'Exists', value: 'x' },
          { key: 'k', operator: 'In' },
          { key: 'k', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 1 },
        ],
      }),
      [
        'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
        'spec.tolerations[1].operator: Invalid value: "x": value must be empty when `operator` is \'Exists\'',
        'spec.tolerations[2].operator: Unsupported value: "In": supported values: "Equal", "Exists"',
        'spec.tolerations[3].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
      ],
    ],
    [
      'spreading and affinity',
      podOf({
        topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Maybe' }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 0, preference: { matchExpressions: [{ key: 'a', operator: 'Gt' }] } },
            ],
          },
          podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] },
        },
      }),
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
        'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
        "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
        'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
        'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty',
        `spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
        'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
        'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
        'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"',
      ],
    ],
    [
      'security',
      podOf({
        securityContext: { runAsUser: -1, seccompProfile: { type: 'Localhost' } },
        containers: [
          container({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
        ],
      }),
      [
        'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
        'spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
        'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
      ],
    ],
  ])('%s', (_title, sent, errors) => {
    expect(createErrors(pod, sent)).toEqual(errors);
  });
});
