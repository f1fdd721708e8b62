import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: cm}
data: {k: "a\\nb\\n"}
---
apiVersion: v1
kind: Secret
metadata: {name: sec}
stringData: {a: b}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}, annotations: {note: hello}}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: init, image: busybox, command: [sh, -c, ls]}]
      containers:
      - name: main
        image: nginx:1
        args: [a, b]
        ports: [{containerPort: 80, name: http}, {containerPort: 81, protocol: UDP}]
        resources: {requests: {cpu: 100m}, limits: {memory: 64Mi}}
        env:
        - {name: A, value: b}
        - {name: C, valueFrom: {configMapKeyRef: {name: cm, key: k}}}
        - {name: P, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        envFrom: [{configMapRef: {name: cm, optional: true}}]
        livenessProbe: {httpGet: {path: /x, port: http}, periodSeconds: 5}
        readinessProbe: {tcpSocket: {port: 80}}
        startupProbe: {exec: {command: [test, -e, x]}}
        volumeMounts:
        - {name: v, mountPath: /v, readOnly: true}
        - {name: e, mountPath: /e, subPath: s}
      volumes:
      - {name: v, configMap: {name: cm}}
      - {name: e, emptyDir: {}}
      - {name: s, secret: {secretName: sec, optional: true}}
      - {name: h, hostPath: {path: /tmp}}
      - {name: p, persistentVolumeClaim: {claimName: pvc}}
      nodeSelector: {kubernetes.io/os: linux}
      tolerations: [{key: a, operator: Exists}, {key: b, value: c, effect: NoSchedule}]
---
apiVersion: v1
kind: Pod
metadata: {name: pod}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: x, env: [{name: N,
      valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cj}
spec: {schedule: "0 0 1 1 *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never,
      containers: [{name: c, image: x}]}}}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: p}
spec: {minAvailable: 1, selector: {matchLabels: {app: none}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r}
rules:
- {apiGroups: ["", apps], resources: [pods, deployments], verbs: [get, list]}
- {apiGroups: [""], resources: [secrets], resourceNames: [x], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ss}
spec: {serviceName: x, replicas: 0, selector: {matchLabels: {a: s}},
      template: {metadata: {labels: {a: s}}, spec: {containers: [{name: c, image: x}]}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: dd}
spec: {selector: {matchLabels: {a: d}}, template: {metadata: {labels: {a: d}},
      spec: {nodeSelector: {no: where}, containers: [{name: c, image: x}]}}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: l}
spec: {limits: [{type: Container, max: {cpu: "2"}, default: {cpu: "1"},
      defaultRequest: {cpu: 100m}}]}
`;

transcripts('descriptions', ({ both, file }) => {
  it('sets the scene', async () => {
    await file('all.yaml', manifest);
    await both('create', '-f', 'all.yaml');
    await both('rollout', 'status', 'deploy/web');
  });

  it.each([
    ['describe deploy web --show-events=false'],
    ['describe rs --show-events=false'],
    ['describe pod pod --show-events=false'],
    ['describe svc web'],
    ['describe cm cm'],
    ['describe secret sec'],
    ['describe cj cj'],
    ['describe sa robot'],
    ['describe pdb p --show-events=false'],
    ['describe role r'],
    ['describe rolebinding rb'],
    ['describe sts ss'],
    ['describe ds dd --show-events=false'],
    ['describe limits l'],
    ['describe cm none'],
    ['describe'],
  ])('%s', async (line) => {
    await both(...line.split(' '));
  });
});
