/**
 * kubectl's commands that need no container, in the order of a story, each with what it must
 * print: what `kubectl-matrix.long.test.ts` asks of every release.
 */

export interface Row {
  /** As typed after `kubectl`; single quotes hold words together. */
  readonly line: string;
  readonly out?: string | RegExp;
  readonly err?: string | RegExp;
  /** Default 0. */
  readonly code?: number;
  /** The first minor release of kubectl that has it. */
  readonly since?: number;
  /** Tried again until it holds: what controllers have yet to do. */
  readonly later?: true;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Chapter {
  readonly title: string;
  readonly rows: readonly Row[];
}

const container = { name: 'c', image: 'nginx:1.27' };
const workload = (kind: string, name: string, spec: object): object => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, labels: { app: name, tier: 'test' } },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
    ...spec,
  },
});
const configMap = (name: string, data: object, labels?: object): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});
/** Written beside each other; rows name them by their file names. */
export const manifests: Readonly<Record<string, object>> = {
  'web.json': workload('Deployment', 'web', { replicas: 2 }),
  'web-3.json': workload('Deployment', 'web', { replicas: 3 }),
  'db.json': workload('StatefulSet', 'db', { replicas: 1, serviceName: 'db' }),
  'agent.json': workload('DaemonSet', 'agent', {}),
  'cm.json': configMap('made', { a: '1' }),
  'cm-2.json': configMap('made', { a: '2' }),
  'kept.json': configMap('kept', { a: '1' }, { set: 'pruned' }),
  'dropped.json': configMap('dropped', { a: '1' }, { set: 'pruned' }),
  'owned.json': configMap('owned', { a: '1', b: '1' }),
  'owned-2.json': configMap('owned', { a: '2' }),
  'wrong.json': workload('Deployment', 'wrong', { replicas: 'three' }),
  'unknown.json': { ...configMap('unknown', {}), dta: {} },
};

export const chapters: readonly Chapter[] = [
  {
    title: 'create',
    rows: [
      { line: 'create -f web.json', out: 'deployment.apps/web created\n' },
      { line: 'create -f db.json -f agent.json', out: /statefulset.apps\/db created\ndaemonset/ },
      {
        line: 'create -f web.json',
        code: 1,
        err: /^Error from server \(AlreadyExists\): error when creating "web.json": deployments.apps "web" already exists\n$/,
      },
      {
        line: 'create -f cm.json --dry-run=server',
        out: 'configmap/made created (server dry run)\n',
      },
      { line: 'get cm made', code: 1, err: /configmaps "made" not found/ },
      {
        line: 'create -f unknown.json',
        code: 1,
        err: /strict decoding error: unknown field "dta"/,
      },
      { line: 'create -f unknown.json --validate=ignore', out: 'configmap/unknown created\n' },
      { line: 'create -f wrong.json', code: 1, err: /spec.replicas/ },
      { line: 'create secret generic s --from-literal=k=v', out: 'secret/s created\n' },
      {
        line: 'create secret docker-registry r --docker-username=u --docker-password=p',
        out: 'secret/r created\n',
      },
      { line: 'create configmap cm --from-literal=a=b', out: 'configmap/cm created\n' },
      { line: 'create deployment dep --image=nginx', out: 'deployment.apps/dep created\n' },
      { line: 'create job j --image=busybox -- true', out: 'job.batch/j created\n' },
      {
        line: "create cronjob cj --image=busybox '--schedule=0 0 1 1 *' -- true",
        out: 'cronjob.batch/cj created\n',
      },
      { line: 'create job from-cj --from=cronjob/cj', out: 'job.batch/from-cj created\n' },
      {
        line: 'create role ro --verb=get --resource=pods',
        out: 'role.rbac.authorization.k8s.io/ro created\n',
      },
      {
        line: 'create rolebinding rb --role=ro --user=ann',
        out: 'rolebinding.rbac.authorization.k8s.io/rb created\n',
      },
      {
        line: 'create clusterrole $NS --verb=get --resource=nodes',
        out: /^clusterrole.rbac.authorization.k8s.io\/\S+ created\n$/,
      },
      {
        line: 'create clusterrolebinding $NS --clusterrole=$NS --group=g',
        out: /^clusterrolebinding.rbac.authorization.k8s.io\/\S+ created\n$/,
      },
      { line: 'create serviceaccount robot', out: 'serviceaccount/robot created\n' },
      { line: 'create token robot', out: /^[\w-]+\.[\w-]+\.[\w-]+\n?$/ },
      { line: 'create service clusterip svc --tcp=80:8080', out: 'service/svc created\n' },
      { line: 'create service nodeport np --tcp=80', out: 'service/np created\n' },
      {
        line: 'create service externalname en --external-name=example.com',
        out: 'service/en created\n',
      },
      {
        line: "create ingress ing '--rule=example.com/*=svc:80'",
        out: 'ingress.networking.k8s.io/ing created\n',
      },
      { line: 'create quota q --hard=pods=100', out: 'resourcequota/q created\n' },
      {
        line: 'create pdb pdb --selector=app=none --min-available=1',
        out: 'poddisruptionbudget.policy/pdb created\n',
      },
      {
        line: 'create priorityclass $NS --value=7',
        out: /^priorityclass.scheduling.k8s.io\/\S+ created\n$/,
      },
    ],
  },
  {
    title: 'get and describe',
    rows: [
      { line: 'rollout status deploy/web --timeout=60s', out: /successfully rolled out\n$/ },
      { line: 'get deploy', out: /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\n/ },
      { line: 'get deploy web --no-headers', out: /^web +2\/2 +2 +2 +\d+s\n$/ },
      {
        line: 'get deploy web -o wide',
        out: /CONTAINERS +IMAGES +SELECTOR\n.*nginx:1.27 +app=web/,
      },
      { line: 'get deploy web -o name', out: 'deployment.apps/web\n' },
      { line: "get deploy web -o jsonpath='{.spec.replicas}'", out: "'2'" },
      { line: 'get deploy web -o custom-columns=N:.metadata.name', out: 'N\nweb\n' },
      { line: "get cm cm -o 'go-template={{.data.a}}'", out: 'b' },
      { line: 'get cm cm -o yaml', out: /^apiVersion: v1\ndata:\n {2}a: b\nkind: ConfigMap\n/ },
      { line: 'get cm cm -o json', out: /^\{\n {4}"apiVersion": "v1",/ },
      { line: 'get deploy web --subresource=status -o jsonpath={.status.replicas}', out: '2' },
      { line: 'get pods -l app=web --show-labels', out: /LABELS\nweb-\S+ .*app=web,pod-template/ },
      {
        line: 'get pods -l app=web --field-selector=status.phase=Failed',
        err: /No resources found/,
      },
      { line: 'get pods --sort-by=.metadata.name -o name', out: /^pod\/agent[^]*pod\/web/ },
      {
        line: 'get cm --chunk-size=1 -o name',
        out: /configmap\/cm\nconfigmap\/kube-root-ca.crt\n/,
      },
      { line: 'get pods -A', out: /^NAMESPACE +NAME/ },
      { line: 'get all', out: /pod\/web[^]*service\/svc[^]*daemonset.apps\/agent[^]*job.batch\/j/ },
      { line: 'get --raw /version', out: /"gitVersion": ?"v1.34/ },
      { line: 'get nothing', code: 1, err: /the server doesn't have a resource type "nothing"/ },
      {
        line: 'describe deploy web',
        out: /^Name: +web\n[^]*NewReplicaSet: +web-\S+ \(2\/2 replicas/,
      },
      {
        line: 'describe pod -l app=web',
        out: /Node: +node\d\/[^]*Scheduled[^]*Started/,
        later: true,
      },
      { line: 'describe svc svc', out: /^Name: +svc\n[^]*Port: +80-8080 +80\/TCP/ },
      { line: 'describe node node1', out: /Allocated resources:[^]*Lease:|Lease:[^]*Allocated/ },
      { line: 'describe ns $NS', out: /Resource Quotas[^]*pods/ },
      { line: 'describe sts db', out: /Replicas: +1 desired/ },
      { line: 'events --for deployment/web', out: /ScalingReplicaSet/ },
      { line: 'get events --field-selector reason=ScalingReplicaSet', out: /deployment\/web/ },
    ],
  },
  {
    title: 'apply, diff, edit, patch, replace',
    rows: [
      { line: 'apply -f cm.json', out: 'configmap/made created\n' },
      { line: 'apply -f cm.json', out: 'configmap/made unchanged\n' },
      { line: 'diff -f cm.json' },
      { line: 'diff -f cm-2.json', code: 1, out: /-\s+a: "1"\n\+\s+a: "2"/ },
      { line: 'diff --server-side -f cm-2.json --force-conflicts', code: 1, out: /\+\s+a: "2"/ },
      { line: 'apply -f cm-2.json', out: 'configmap/made configured\n' },
      { line: 'apply view-last-applied cm/made', out: /a: "2"/ },
      {
        line: 'apply -f web.json',
        out: 'deployment.apps/web configured\n',
        err: /missing the kube/,
      },
      {
        line: 'apply -f kept.json -f dropped.json',
        out: /kept created\nconfigmap\/dropped created/,
      },
      {
        line: 'apply -f kept.json --prune -l set=pruned --prune-allowlist=core/v1/ConfigMap',
        out: 'configmap/kept unchanged\nconfigmap/dropped pruned\n',
      },
      { line: 'apply --server-side -f owned.json', out: 'configmap/owned serverside-applied\n' },
      {
        line: 'apply --server-side --field-manager=other -f owned-2.json',
        code: 1,
        err: /conflict with "kubectl": \.data\.a/,
      },
      {
        line: 'apply --server-side --field-manager=other -f owned-2.json --force-conflicts',
        out: 'configmap/owned serverside-applied\n',
      },
      { line: 'apply --server-side -f cm-2.json', out: 'configmap/made serverside-applied\n' },
      {
        line: 'edit cm made',
        env: { KUBE_EDITOR: 'sed -i /a:/s/2/3/' },
        out: 'configmap/made edited\n',
      },
      { line: 'get cm made -o jsonpath={.data.a}', out: '3' },
      {
        line: `patch cm made -p '{"data":{"b":"x"}}'`,
        out: 'configmap/made patched\n',
      },
      {
        line: `patch cm made --type=json -p '[{"op":"remove","path":"/data/b"}]'`,
        out: 'configmap/made patched\n',
      },
      {
        line: `patch cm made --type=merge -p '{"data":{"a":"3"}}'`,
        out: 'configmap/made patched (no change)\n',
      },
      {
        line: `patch deploy dep --subresource=scale --type=merge -p '{"spec":{"replicas":2}}'`,
        out: 'scale.autoscaling/dep patched\n',
      },
      { line: 'replace -f cm.json', out: 'configmap/made replaced\n' },
      { line: 'replace --force -f cm.json', out: /deleted[^]*configmap\/made replaced\n$/ },
      { line: 'explain deploy.spec.replicas', out: /KIND: +Deployment[^]*replicas/ },
      { line: 'explain cm --recursive', out: /binaryData[^]*metadata[^]*ownerReferences/ },
      { line: 'explain cm --output=plaintext-openapiv2', out: /KIND: +ConfigMap[^]*binaryData/ },
      { line: 'create kustomization', code: 1, err: /unknown|Unexpected|must specify/ },
      { line: 'kustomize .', out: /kind: ConfigMap[^]*name: pre-made/ },
      { line: 'apply -k .', out: 'configmap/pre-made created\n' },
      { line: 'delete -k .', out: /configmap "pre-made" deleted/ },
    ],
  },
  {
    title: 'scale, set, rollout, expose, run, autoscale',
    rows: [
      { line: 'scale deploy/web --replicas=3', out: 'deployment.apps/web scaled\n' },
      {
        line: 'scale deploy/web --replicas=4 --current-replicas=9',
        code: 1,
        err: /Expected replicas to be 9, was 3/,
      },
      {
        line: 'scale deploy/web --replicas=2 --current-replicas=3',
        out: 'deployment.apps/web scaled\n',
      },
      { line: 'scale deploy -l tier=test --replicas=3', out: 'deployment.apps/web scaled\n' },
      { line: 'set image deploy/web c=nginx:1.28', out: 'deployment.apps/web image updated\n' },
      { line: 'set env deploy/web A=b', out: 'deployment.apps/web env updated\n' },
      { line: 'set env deploy/web --list', out: /A=b/ },
      {
        line: 'set resources deploy/web --requests=cpu=10m',
        out: 'deployment.apps/web resource requirements updated\n',
      },
      { line: 'set serviceaccount deploy/web robot', out: /serviceaccount updated\n$/ },
      { line: 'set subject rolebinding rb --user=bob', out: /subjects updated\n$/ },
      { line: "set selector svc svc 'app=web'", out: 'service/svc selector updated\n' },
      { line: 'rollout status deploy/web --timeout=60s', out: /successfully rolled out\n$/ },
      { line: 'rollout history deploy/web', out: /REVISION +CHANGE-CAUSE\n1 +<none>\n2/ },
      { line: 'rollout history deploy/web --revision=1', out: /nginx:1.27/ },
      { line: 'rollout undo deploy/web --to-revision=1', out: 'deployment.apps/web rolled back\n' },
      { line: 'rollout restart deploy/web', out: 'deployment.apps/web restarted\n' },
      { line: 'rollout pause deploy/web', out: 'deployment.apps/web paused\n' },
      { line: 'rollout pause deploy/web', code: 1, err: /already paused/ },
      { line: 'rollout resume deploy/web', out: 'deployment.apps/web resumed\n' },
      { line: 'rollout status deploy/web --timeout=60s', out: /successfully rolled out\n$/ },
      { line: 'set image sts/db c=nginx:1.28', out: /image updated/ },
      { line: 'rollout status sts/db --timeout=60s', out: /complete|roll out|updated/ },
      { line: 'rollout undo sts/db', out: 'statefulset.apps/db rolled back\n' },
      { line: 'rollout restart ds/agent', out: 'daemonset.apps/agent restarted\n' },
      { line: 'rollout status ds/agent --timeout=60s', out: /successfully rolled out\n$/ },
      { line: 'rollout history ds/agent', out: /REVISION[^]*2 / },
      { line: 'expose deploy web --port=80', out: 'service/web exposed\n' },
      { line: 'get endpointslices -l kubernetes.io/service-name=web', out: /web-\S+ +IPv4 +80/ },
      { line: 'run solo --image=nginx', out: 'pod/solo created\n' },
      { line: 'autoscale deploy web --min=1 --max=5', out: /web autoscaled\n$/ },
      { line: 'get hpa web', out: /web +Deployment\/web/ },
    ],
  },
  {
    title: 'label, annotate, wait, nodes',
    rows: [
      { line: 'label pod solo a=b', out: 'pod/solo labeled\n' },
      { line: 'label pod solo a=c', code: 1, err: /already has a value \(b\)/ },
      { line: 'label pod solo a=c --overwrite', out: 'pod/solo labeled\n' },
      { line: 'label pod solo a-', out: 'pod/solo unlabeled\n' },
      { line: 'annotate pod solo n=1', out: /^pod\/solo annotated?\n$/ },
      {
        line: 'wait --for=condition=Ready pod/solo --timeout=30s',
        out: 'pod/solo condition met\n',
      },
      {
        line: 'wait --for=jsonpath={.status.phase}=Running pod/solo --timeout=30s',
        out: 'pod/solo condition met\n',
      },
      { line: 'wait --for=create cm/cm', out: 'configmap/cm condition met\n', since: 31 },
      { line: 'wait --for=condition=No pod/solo --timeout=1s', code: 1, err: /timed out waiting/ },
      { line: 'taint node node2 k=v:NoSchedule', out: 'node/node2 tainted\n' },
      { line: 'taint node node2 k-', out: 'node/node2 untainted\n' },
      { line: 'cordon node2', out: 'node/node2 cordoned\n' },
      { line: 'cordon node2', out: 'node/node2 already cordoned\n' },
      { line: 'get node node2', out: /Ready,SchedulingDisabled/ },
      {
        line: 'drain node2 --ignore-daemonsets --force --pod-selector=app=web',
        out: /node\/node2 drained\n$/,
      },
      { line: 'uncordon node2', out: 'node/node2 uncordoned\n' },
      { line: 'top node', out: /^NAME +CPU\(cores\)/, later: true },
      { line: 'top pod solo', out: /^NAME +CPU\(cores\) +MEMORY\(bytes\)/, later: true },
    ],
  },
  {
    title: 'access, certificates, discovery',
    rows: [
      { line: 'auth can-i create pods', out: 'yes\n' },
      { line: 'auth can-i create pods --as=ann', code: 1, out: /^no\n$/ },
      { line: 'auth can-i get pods --as=bob', out: 'yes\n' },
      { line: 'auth can-i --list --as=bob', out: /pods +\[\] +\[\] +\[get\]/ },
      { line: 'get secrets --as=ann', code: 1, err: /User "ann" cannot list resource "secrets"/ },
      { line: 'auth whoami', out: /Username +kubernetes-admin/, since: 28 },
      { line: 'auth reconcile -f role.json', out: /reconciled reconciled\n/ },
      { line: 'create -f csr.json', out: /created\n$/ },
      { line: 'certificate approve $NS', out: /approved\n$/ },
      { line: 'get csr $NS', out: /Approved,Issued/, later: true },
      { line: 'certificate deny $NS', code: 1, err: /already|Invalid|denied|may not/ },
      { line: 'delete csr $NS', out: /deleted/ },
      { line: 'api-resources -o name', out: /configmaps\n[^]*deployments.apps\n/ },
      { line: 'api-resources --api-group=apps --namespaced', out: /deployments +deploy +apps\/v1/ },
      { line: 'api-versions', out: /apps\/v1\n[^]*\nv1\n$/ },
      { line: 'version -o json', out: /"gitVersion": "v1.34/ },
      { line: 'cluster-info', out: /control plane.* is running at/ },
      { line: 'config view --minify', out: /current-context/ },
      { line: 'completion bash', out: /__start_kubectl/ },
    ],
  },
  {
    title: 'delete',
    rows: [
      { line: 'delete pod solo --dry-run=server', out: /pod "solo" deleted.*\(server dry run\)/ },
      { line: 'delete pod solo --now', out: /pod "solo" (force )?deleted/ },
      { line: 'delete cm -l set=pruned', out: /configmap "kept" deleted/ },
      { line: 'delete deploy dep --cascade=foreground', out: /deployment.apps "dep" deleted/ },
      { line: 'get pods -l app=dep', err: /No resources found/ },
      { line: 'delete ds agent --cascade=orphan', out: /daemonset.apps "agent" deleted/ },
      { line: 'get pods -l app=agent -o name', out: /pod\/agent-/ },
      { line: 'delete pods -l app=agent --force', out: /force deleted/ },
      { line: 'delete -f web.json --wait=false', out: /deployment.apps "web" deleted/ },
      { line: 'wait --for=delete pod -l app=web --timeout=60s' },
      { line: 'delete cm nothing', code: 1, err: /configmaps "nothing" not found/ },
      { line: 'delete cm nothing --ignore-not-found', out: '' },
      { line: 'delete job --all', out: /job.batch "from-cj" deleted/ },
      { line: 'delete clusterrole,clusterrolebinding,priorityclass $NS', out: /deleted/ },
      { line: 'delete ns $NS --timeout=60s', out: /namespace "\S+" deleted/ },
      { line: 'get ns $NS', code: 1, err: /not found/ },
    ],
  },
];
