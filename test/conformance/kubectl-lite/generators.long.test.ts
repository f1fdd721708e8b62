import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

transcripts('all generators of create', ({ says, file }) => {
  it('sets the scene', async () => {
    await file('bad.pem', 'x');
  });

  // who may do what
  it.each([
    [
      'create role reader --verb=get,list --resource=pods,deployments.apps,pods/log --dry-run=client -o yaml',
    ],
    [
      'create role reader --verb=get --verb=watch --resource=pods --resource-name=a --resource-name=b --dry-run=client -o yaml',
    ],
    ['create role reader --verb=get'],
    ['create role reader --resource=pods'],
    ['create role reader --verb=get --resource=nothings'],
    ['create role reader --verb=zap --resource=pods --dry-run=client -o yaml'],
    ['create role reader --verb=get --resource=pods'],
    ['create role reader --verb=get --resource=pods'],
    ['create role'],
    ['create role reader2 --verb=get --resource=nodes --dry-run=client -o yaml'],
    ['create role r3 --verb=get,* --resource=pods --dry-run=client -o yaml'],
    ['create role r3 --verb=get --resource=pods,x/y/z'],
    ['create role r3 --verb=get --resource=pods,deploy --resource-name=a'],
    [
      'create clusterrole reader-{namespace} --verb=get,list --resource=pods,nodes --dry-run=client -o yaml',
    ],
    [
      'create clusterrole reader-{namespace} --verb=get --non-resource-url=/logs/* --dry-run=client -o yaml',
    ],
    ['create clusterrole reader-{namespace} --verb=get --non-resource-url=/logs/* --resource=pods'],
    ['create clusterrole reader-{namespace} --aggregation-rule=a=b,c=d --dry-run=client -o yaml'],
    ['create clusterrole reader-{namespace} --aggregation-rule=a=b --verb=get'],
    ['create clusterrole reader-{namespace} --verb=post --non-resource-url=/logs/*'],
    ['create clusterrole reader-{namespace} --verb=get --non-resource-url=logs'],
    ['create clusterrole reader-{namespace} --verb=get --resource=pods'],
    ['create clusterrole'],
    [
      'create clusterrolebinding b-{namespace} --clusterrole=view --user=a --user=b --group=g --serviceaccount=x:y --dry-run=client -o yaml',
    ],
    ['create clusterrolebinding b-{namespace} --user=a'],
    ['create clusterrolebinding b-{namespace} --clusterrole=view --serviceaccount=x'],
    ['create clusterrolebinding b-{namespace} --clusterrole=view --user=a'],
    ['create rolebinding b --role=reader --user=jane --dry-run=client -o yaml'],
    [
      'create rolebinding b --clusterrole=view --group=g --serviceaccount=a:b --dry-run=client -o yaml',
    ],
    ['create rolebinding b --clusterrole=view --role=x'],
    ['create rolebinding b'],
    ['create rolebinding b --role=reader --user=jane'],
    ['create token default --duration=10s -o name'],
    ['create sa robot'],
    ['create token robot -o jsonpath={.kind}'],
    ['create token robot --audience=a --audience=b -o jsonpath={.spec}'],
    ['create token robot --bound-object-kind=Pod --bound-object-name=none'],
    ['create sa'],
    ['create sa a b'],
  ])('%s', async (line) => {
    await says(line);
  });

  // services and ingresses
  it.each([
    ['create ingress web --rule=foo.com/=svc:80 --dry-run=client -o yaml'],
    [
      'create ingress web --rule=foo.com/bar*=svc:http,tls=cert --class=c --annotation=a=b --dry-run=client -o yaml',
    ],
    [
      'create ingress web --rule=foo.com/=svc:80,tls --rule=bar.com/x=svc2:81 --default-backend=d:90 --dry-run=client -o yaml',
    ],
    ['create ingress web'],
    ['create ingress web --rule=bad'],
    ['create ingress web --rule=/=svc'],
    ['create ingress web --default-backend=bad --class=x'],
    ['create ingress web --rule=/p=svc:80 --annotation=x'],
    ['create ingress web --rule=foo.com/=svc:80'],
    ['create svc clusterip x --clusterip=None --dry-run=client -o yaml'],
    ['create svc clusterip x --tcp=80'],
    ['create svc nodeport x --tcp=80 --node-port=99999'],
    ['create svc externalname x'],
    ['create svc loadbalancer x'],
    ['create svc clusterip x --tcp=bad'],
    ['create ingress web --rule=/=svc:'],
    ['create ingress web --rule=foo.com=svc:80'],
    ['create ingress web --rule=foo.com/=svc:80,tls='],
    ['create ingress web --rule=foo.com/=svc:80,tlsx'],
    ['create ingress w2 --rule=*.foo.com/a/b*=svc:80,tls=a --dry-run=client -o yaml'],
    ['create ingress w2 --rule=foo.com/=svc:80 --annotation=a'],
    ['create ingress w2 --default-backend=a:b:c'],
    ['create ingress w2 --class= --default-backend=a:http --dry-run=client -o yaml'],
    ['create svc clusterip x --tcp=bad:80'],
    ['create svc clusterip x --tcp=80:99999'],
    ['create svc clusterip x --tcp=99999'],
    ['create svc clusterip x --tcp=80:1:2'],
    ['create svc clusterip x --tcp=80:a_b'],
    ['create svc clusterip x --clusterip=None --tcp=80 --dry-run=client -o yaml'],
    ['create svc clusterip x --clusterip=1.2.3 --tcp=80 --dry-run=client'],
    ['create svc clusterip x --clusterip=1.2.3 --tcp=80'],
    ['create svc loadbalancer x --tcp=80 --dry-run=server -o name'],
    ['create svc externalname x --external-name=a_b'],
    ['create svc externalname x --external-name=a.b --tcp=80 --dry-run=client -o yaml'],
  ])('%s', async (line) => {
    await says(line);
  });

  // policies
  it.each([
    ['create quota q --hard=cpu=1,pods=2 --scopes=BestEffort --dry-run=client -o yaml'],
    ['create quota q --hard=cpu=1,pods=2,requests.memory=1Gi --dry-run=client -o yaml'],
    ['create quota q --hard=cpu --dry-run=client'],
    ['create quota q --hard=cpu=x --dry-run=client'],
    ['create quota q --hard=pods=2'],
    ['create quota q'],
    ['create quota q --hard=pods=3'],
    ['create poddisruptionbudget p --selector=app=a --min-available=1 --dry-run=client -o yaml'],
    ['create pdb p --selector=app=a --max-unavailable=50% --dry-run=client -o yaml'],
    ['create pdb p --selector=app=a'],
    ['create pdb p --selector=app=a --min-available=1 --max-unavailable=1'],
    ['create pdb p --min-available=1'],
    ['create pdb p --selector=app=a --min-available=x'],
    ['create pdb p --selector=app=a --min-available=1'],
    [
      'create priorityclass high-{namespace} --value=1000 --description=text --dry-run=client -o yaml',
    ],
    [
      'create priorityclass high-{namespace} --value=-5 --global-default=true --preemption-policy=Never --dry-run=client -o yaml',
    ],
    ['create priorityclass high-{namespace} --value=5 --preemption-policy=Odd'],
    ['create pc high-{namespace} --value=5'],
    ['create priorityclass'],
    ['create quota q --hard=a=b=c --dry-run=client'],
    ['create quota q --scopes=A,,B --dry-run=client -o yaml'],
    ['create quota q --hard=pods=1k,cpu=1000m,memory=1024Ki,=2 --dry-run=client -o yaml'],
    ['create quota q --hard=pods=1k,cpu=1000m,memory=1024Ki --dry-run=client -o yaml'],
    ['create pdb p --selector=app=a --max-unavailable=x --dry-run=client'],
    ['create pdb p --selector=app=a --max-unavailable=-1 --dry-run=client'],
    ['create pdb p --selector=app=a --max-unavailable=50 --dry-run=client -o yaml'],
    ['create pdb p --selector=app=a,tier!=b --max-unavailable=50 --dry-run=client -o yaml'],
    ['create pdb p --selector=bad==/ --max-unavailable=50 --dry-run=client -o yaml'],
    ['create pdb p --selector=app --max-unavailable=50 --dry-run=client -o yaml'],
  ])('%s', async (line) => {
    await says(line);
  });

  // workloads
  it.each([
    ['create job hello --image=busybox --dry-run=client -o yaml'],
    ['create job hello --image=busybox --dry-run=client -o yaml -- echo hi'],
    ['create job hello'],
    ['create job hello --image=a --from=cronjob/x'],
    ['create job hello --from=cronjob/none'],
    ['create job hello --from=pod/none'],
    ['create cronjob cj --image=busybox --schedule="*/1 * * * *" --dry-run=client -o yaml'],
    [
      'create cronjob cj --image=busybox --schedule="0 0 1 1 *" --restart=Never --dry-run=client -o yaml -- echo hi',
    ],
    ['create cronjob cj --image=busybox'],
    ['create cronjob cj --schedule="* * * * *"'],
    ['create cj cj --image=busybox --schedule="0 0 1 1 *"'],
    ['create cronjob cj2 --image=busybox --schedule="bad"'],
    ['create job hello --from=cronjob/cj --dry-run=client -o yaml'],
    ['create job hello --from=cronjob/cj'],
    ['get job hello -o jsonpath={.metadata.annotations}'],
    ['create deployment d --image=nginx --dry-run=server -o name'],
    ['create deployment d --image=nginx --dry-run=odd'],
    ['create deployment d --image=nginx --replicas=-1'],
    ['create deployment d --image=nginx --port=99999'],
    ['create deployment d --image=nginx --port=99999 --dry-run=client -o yaml'],
    ['create deploy d --image=nginx'],
    ['create deploy d --image=nginx'],
    ['create deployment d x --image=nginx'],
    ['create job j --image=x --dry-run=client -o yaml -- a b -c'],
    ['create job j a --image=x'],
    ['create job j --from=pod'],
    ['create job j --from=deploy/none'],
    ['create job j --image=x --from=cj/c'],
    ['create cronjob j a --image=x --schedule="1 1 1 1 1"'],
    ['create cronjob j --image=x --schedule="1 1 1 1 1" --restart=Odd --dry-run=client -o yaml'],
    ['create deployment d --image=a --image=a --dry-run=client -o yaml'],
    ['create deployment d --image=x --dry-run=client -o wide'],
    ['create deployment Bad --image=x'],
    ['create deployment d --image=x --validate=warn --dry-run=server'],
  ])('%s', async (line) => {
    await says(line);
  });

  // data and namespaces
  it.each([
    ['create namespace'],
    ['create ns a b'],
    ['create ns Bad_Name'],
    ['create ns n-{namespace} -o name'],
    ['create ns n-{namespace}'],
    ['create cm s --from-literal=a=b --append-hash --dry-run=client -o yaml'],
    ['create cm s --from-literal=a=b --append-hash'],
    ['create secret generic s --from-literal=a=b --append-hash --dry-run=client -o name'],
    ['create secret tls t'],
    ['create secret tls t --cert=none --key=none'],
    ['create secret docker-registry r --docker-server=x --append-hash --dry-run=client -o name'],
    ['create secret docker-registry r'],
    [
      'create secret docker-registry r --docker-username=u --docker-password=p --docker-email=e --docker-server=s --dry-run=client -o jsonpath={.data}',
    ],
    ['create -f none.yaml'],
    ['create ns x --validate=odd'],
    ['create cm f --from-file=none'],
    ['create cm f --from-file=a=b=c'],
    ['create cm f --from-env-file=none'],
    ['create cm f --from-literal=a'],
    ['create cm f --from-literal==a'],
    ['create cm f --from-literal=a/b=c'],
    ['create cm f --from-literal=a=b --from-literal=a=c'],
    ['create cm f --from-literal=a=b --from-env-file=x'],
    ['create cm f --from-literal=a=b --from-env-file=none'],
    ['create cm f --from-literal=a=b --from-file=none'],
    ['create secret generic f --from-literal=a/b=c'],
    ['create secret generic f --from-literal=a=b --from-literal=a=c'],
    ['create secret generic f --from-file=a/b=c'],
    ['create secret docker-registry r --from-file=none'],
    ['create secret docker-registry r --docker-username=u --docker-password=p --docker-server='],
    ['create secret docker-registry r --docker-username=u --docker-password=p --from-file=x'],
    [
      'create secret docker-registry r --docker-username=u --docker-password=p --append-hash --dry-run=client -o name',
    ],
    ['create secret tls t --cert=none'],
    ['create secret tls t --cert={folder}/bad.pem --key={folder}/bad.pem'],
    ['create cm e --append-hash --dry-run=client -o yaml'],
    ['create secret generic e --append-hash --dry-run=client -o yaml --type=a/b'],
  ])('%s', async (line) => {
    await says(line);
  });
});
