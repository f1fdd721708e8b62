/** Examples for the help of each command: what it is for, and the lines. Loaded for help only. */

export interface Example {
  readonly about: string;
  /** Without the program's name. */
  readonly lines: readonly string[];
}

const example = (about: string, ...lines: string[]): Example => ({ about, lines });

/** By the words that name the command. */
export const examples: Readonly<Record<string, readonly Example[]>> = {
  create: [example('Make what a file holds', 'create -f web.yaml')],
  'create clusterrole': [
    example(
      'May read pods in every namespace',
      'create clusterrole reader --verb=get,list,watch --resource=pods',
    ),
  ],
  'create clusterrolebinding': [
    example(
      'Give jane that role everywhere',
      'create clusterrolebinding jane --clusterrole=reader --user=jane',
    ),
  ],
  'create configmap': [
    example(
      'From a value, or from each file of a folder',
      'create configmap settings --from-literal=colour=blue',
      'create configmap settings --from-file=config/',
    ),
  ],
  'create cronjob': [
    example(
      'Every five minutes',
      "create cronjob tick --image=busybox --schedule='*/5 * * * *' -- date",
    ),
  ],
  'create deployment': [
    example('Three replicas of an image', 'create deployment web --image=nginx --replicas=3'),
  ],
  'create ingress': [
    example(
      'Lead a host to a port of a Service',
      "create ingress web --rule='web.example.com/*=web:80'",
    ),
  ],
  'create job': [
    example(
      'Run once, or run a CronJob now',
      'create job hello --image=busybox -- echo hello',
      'create job now --from=cronjob/tick',
    ),
  ],
  'create namespace': [example("A room of one's own", 'create namespace shop')],
  'create poddisruptionbudget': [
    example(
      'Keep at least two of these pods',
      'create poddisruptionbudget web --selector=app=web --min-available=2',
    ),
  ],
  'create priorityclass': [
    example(
      'Before all that has none',
      "create priorityclass high --value=1000 --description='Before others'",
    ),
  ],
  'create quota': [example('Ten pods at most', 'create quota small --hard=pods=10,requests.cpu=4')],
  'create role': [
    example(
      'May read pods in this namespace',
      'create role reader --verb=get,list,watch --resource=pods',
    ),
  ],
  'create rolebinding': [
    example(
      'Give a service account that role',
      'create rolebinding reader --role=reader --serviceaccount=default:robot',
    ),
  ],
  'create secret docker-registry': [
    example(
      'To pull private images',
      'create secret docker-registry pull --docker-username=me --docker-password=secret',
    ),
  ],
  'create secret generic': [
    example(
      'From a value, or from a file',
      'create secret generic key --from-literal=password=secret',
      'create secret generic key --from-file=id=./id_ed25519',
    ),
  ],
  'create secret tls': [
    example('A certificate with its key', 'create secret tls web --cert=web.crt --key=web.key'),
  ],
  'create service clusterip': [
    example(
      'Port 80, on 8080 of the pods labelled app=web',
      'create service clusterip web --tcp=80:8080',
    ),
  ],
  'create service externalname': [
    example(
      'Another name for a host outside',
      'create service externalname db --external-name=db.example.com',
    ),
  ],
  'create service loadbalancer': [
    example(
      'With an address from outside, if a cloud gives one',
      'create service loadbalancer web --tcp=80:8080',
    ),
  ],
  'create service nodeport': [
    example(
      'On a port of each node',
      'create service nodeport web --tcp=80:8080 --node-port=30080',
    ),
  ],
  'create serviceaccount': [example('An identity for pods', 'create serviceaccount robot')],
  'create token': [
    example('Act as a service account for ten minutes', 'create token robot --duration=10m'),
  ],
  expose: [
    example(
      'A Service for the pods of a Deployment',
      'expose deployment web --port=80 --target-port=8080',
    ),
  ],
  run: [
    example(
      'A pod; or a shell in one that goes with you',
      'run web --image=nginx',
      'run shell -it --rm --image=busybox -- sh',
    ),
  ],
  'set env': [
    example(
      'A variable, or all keys of a ConfigMap',
      'set env deployment/web LOG=debug',
      'set env deployment/web --from=configmap/settings',
    ),
  ],
  'set image': [
    example('A new image for one container', 'set image deployment/web nginx=nginx:1.29'),
  ],
  'set resources': [
    example(
      'What it needs, and what it may use at most',
      'set resources deployment web --requests=cpu=100m --limits=memory=256Mi',
    ),
  ],
  'set selector': [example('Which pods a Service leads to', 'set selector service web app=web')],
  'set serviceaccount': [
    example('As whom the pods act', 'set serviceaccount deployment web robot'),
  ],
  'set subject': [example('One more who has a role', 'set subject rolebinding reader --user=jane')],
  explain: [
    example('What a field means', 'explain deployment.spec.strategy', 'explain pods --recursive'),
  ],
  get: [
    example(
      'Of one type, of all usual ones, or one object',
      'get pods -o wide',
      'get all -A',
      'get deployment web -o yaml',
    ),
    example('Part of each object', "get pods -o jsonpath='{.items[*].metadata.name}'"),
    example('As it goes on', 'get pods -w', 'get pods -w --live'),
    example('As it was', 'get deployment web --at=5m-ago -o yaml'),
  ],
  edit: [example('In your editor', 'edit deployment web')],
  delete: [
    example(
      'By name, by file, or by label',
      'delete pod web',
      'delete -f web.yaml',
      'delete pods -l app=web',
    ),
  ],
  'rollout history': [
    example(
      'Revisions, and one of them in full',
      'rollout history deployment/web',
      'rollout history deployment/web --revision=2',
    ),
  ],
  'rollout pause': [
    example('Change several things, then roll out once', 'rollout pause deployment/web'),
  ],
  'rollout resume': [example('Go on', 'rollout resume deployment/web')],
  'rollout undo': [
    example(
      'Back to the revision before, or to one by number',
      'rollout undo deployment/web',
      'rollout undo deployment/web --to-revision=1',
    ),
  ],
  'rollout status': [
    example('Wait until it is done', 'rollout status deployment/web --timeout=2m'),
  ],
  'rollout restart': [example('New pods, one after another', 'rollout restart deployment/web')],
  scale: [
    example(
      'To a number, if it has another now',
      'scale deployment web --replicas=5',
      'scale deployment web --current-replicas=2 --replicas=3',
    ),
  ],
  autoscale: [
    example(
      'Two to ten, by processor use',
      'autoscale deployment web --min=2 --max=10 --cpu=80%',
      'autoscale deployment web --max=10 --memory=200Mi',
    ),
  ],
  cordon: [example('No new pods for a node', 'cordon node1')],
  uncordon: [example('Let pods come again', 'uncordon node1')],
  drain: [
    example('Move its pods elsewhere', 'drain node1 --ignore-daemonsets --delete-emptydir-data'),
  ],
  taint: [
    example(
      'Keep pods away that do not tolerate it, and no longer',
      'taint nodes node1 gpu=true:NoSchedule',
      'taint nodes node1 gpu-',
    ),
  ],
  describe: [
    example('Everything about it in prose, events too', 'describe pod web', 'describe nodes'),
  ],
  diff: [example('What apply would change', 'diff -f web.yaml')],
  apply: [
    example(
      'A file, a folder with all below it, a kustomization',
      'apply -f web.yaml',
      'apply -f manifests/ -R',
      'apply -k overlays/prod',
    ),
    example("Owners of fields are the server's business", 'apply --server-side -f web.yaml'),
    example('What is no longer in the files goes', 'apply -f manifests/ --prune -l app=web'),
  ],
  'apply edit-last-applied': [example('In your editor', 'apply edit-last-applied deployment/web')],
  'apply set-last-applied': [
    example(
      'As if the file had been applied',
      'apply set-last-applied -f web.yaml --create-annotation',
    ),
  ],
  'apply view-last-applied': [
    example('What was applied last', 'apply view-last-applied deployment/web'),
  ],
  patch: [
    example('A few fields', 'patch deployment web -p \'{"spec":{"replicas":3}}\''),
    example('Of a custom resource', 'patch boat x --type=merge -p \'{"spec":{"oars":4}}\''),
  ],
  replace: [
    example(
      'The whole object; the second deletes it first',
      'replace -f web.yaml',
      'replace --force -f web.yaml',
    ),
  ],
  wait: [
    example(
      'For a condition, for a value, or for its end',
      'wait --for=condition=Ready pod/web',
      "wait --for=jsonpath='{.status.phase}'=Running pod/web",
      'wait --for=delete pod/web --timeout=1m',
    ),
  ],
  kustomize: [example('Print what apply -k would apply', 'kustomize overlays/prod')],
  tree: [
    example('From a Deployment down to its pods', 'tree deployment web'),
    example('The whole family of a pod', 'tree pod/web-5d4f8'),
  ],
  why: [
    example(
      'What keeps a rollout, a pod or a claim',
      'why deployment web',
      'why pod web-5d4f8',
      'why pvc data',
    ),
  ],
  history: [
    example(
      'Who changed what, and when',
      'history deployment web',
      'history deployment web --limit=5 --full',
    ),
  ],
  label: [
    example(
      'Add, change and remove',
      'label pod web tier=front',
      'label --overwrite pod web tier=back',
      'label pod web tier-',
    ),
  ],
  annotate: [example('Add and remove', 'annotate pod web owner=jane', 'annotate pod web owner-')],
  'api-resources': [
    example(
      'What the server has; of one group',
      'api-resources',
      'api-resources --api-group=apps -o wide',
    ),
  ],
  'api-versions': [example('Groups and versions', 'api-versions')],
  'top node': [example('Who is busiest', 'top node --sort-by=cpu')],
  'top pod': [example('In all namespaces, each container', 'top pod -A --containers')],
  logs: [
    example('As they come, or of the run before', 'logs -f web', 'logs web -c main --previous'),
    example('Of all pods with a label', 'logs -l app=web --all-containers --tail=20'),
  ],
  attach: [example('To what runs there', 'attach web -it')],
  exec: [example('One command, or a shell', 'exec web -- date', 'exec -it web -c main -- sh')],
  'port-forward': [example('A port here that leads there', 'port-forward service/web 8080:80')],
  proxy: [example('The API without credentials, on this machine', 'proxy --port=8001')],
  cp: [example('There, and back', 'cp ./data web:/tmp/data', 'cp web:/tmp/data ./data')],
  debug: [
    example(
      "A shell beside a pod's containers, or in a copy of it",
      'debug -it web --image=busybox --target=main',
      'debug web -it --image=busybox --copy-to=web-copy',
    ),
  ],
  'certificate approve': [example('Sign a request', 'certificate approve jane')],
  'certificate deny': [example('Refuse it', 'certificate deny jane')],
  'cluster-info': [example('Where the cluster answers', 'cluster-info')],
  'cluster-info dump': [
    example(
      'All that helps to find a fault, in files',
      'cluster-info dump --output-directory=dump',
    ),
  ],
  events: [example('Of one object, as they come', 'events --for pod/web --watch')],
  'auth can-i': [
    example(
      'May I; may somebody else; what may I at all',
      'auth can-i create pods',
      'auth can-i list secrets --as=jane',
      'auth can-i --list',
    ),
  ],
  'auth reconcile': [
    example('Bring roles and bindings to what a file says', 'auth reconcile -f rbac.yaml'),
  ],
  'auth whoami': [example('Who the server takes me for', 'auth whoami')],
  'config current-context': [example('Where commands go', 'config current-context')],
  'config delete-cluster': [example('Forget a server', 'config delete-cluster old')],
  'config delete-context': [example('Forget a context', 'config delete-context old')],
  'config delete-user': [example('Forget credentials', 'config delete-user old')],
  'config get-clusters': [example('Their names', 'config get-clusters')],
  'config get-contexts': [example('What there is to choose from', 'config get-contexts')],
  'config get-users': [example('Their names', 'config get-users')],
  'config rename-context': [
    example('A better name', 'config rename-context kubernetes-admin@kubernetes home'),
  ],
  'config set': [example('One value of the file', 'config set contexts.home.namespace shop')],
  'config set-cluster': [
    example('Where a server is', 'config set-cluster home --server=https://127.0.0.1:6443'),
  ],
  'config set-context': [
    example('Another namespace from now on', 'config set-context --current --namespace=shop'),
  ],
  'config set-credentials': [example('As whom', 'config set-credentials me --token=secret')],
  'config unset': [example('Take a value away', 'config unset contexts.home.namespace')],
  'config use-context': [example('Go elsewhere', 'config use-context home')],
  'config view': [example('The part in force, secrets left out', 'config view --minify')],
  'plugin list': [example('Programs called kubectl-…', 'plugin list')],
  completion: [example('For this shell, now', 'completion bash')],
  options: [example('Flags that every command takes', 'options')],
  alpha: [example('What is on trial', 'alpha')],
  version: [example('Of this program and of the server', 'version', 'version --client -o json')],
};
