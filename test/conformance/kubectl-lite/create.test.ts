import { it } from 'vitest';
import { IN_CONTEXT, transcripts } from './side-by-side.ts';

const show = '--dry-run=client -o yaml';

transcripts('create', ({ both, file }) => {
  it('sets the scene', async () => {
    await file('env.yaml', 'A=b\n# comment\nC=d=e\n');
    await file('data.yaml', 'some: text\n');
  });

  it.each([
    ['create'],
    ['create foo'],
    ['create ns fresh --dry-run=client -o yaml'],
    [`create deployment web --image=nginx:1 --port=80 --replicas=2 ${show}`],
    [`create deployment web --image=a/nginx:1 --image=busybox ${show}`],
    [`create deployment web --image=nginx ${show} -- sh -c ls`],
    ['create deployment web'],
    [`create cm settings --from-literal=a=b --from-literal=c=d=e ${show}`],
    [`create cm settings --from-file data.yaml`],
    [`create cm settings --from-env-file env.yaml`],
    [`create cm other --from-literal=ab ${show}`],
    [`create secret generic pass --from-literal=a=b --type=x/y ${show}`],
    [`create secret docker-registry reg --docker-username=u --docker-password=p ${show}`],
    [`create service clusterip web --tcp=80:8080 --tcp=90 ${show}`],
    [`create service nodeport web --tcp=80:http --node-port=30080 ${show}`],
    [`create service loadbalancer web --tcp=80 ${show}`],
    [`create service externalname web --external-name=example.com ${show}`],
    [`create service clusterip web`],
    [`create sa robot ${show}`],
    ['create sa robot'],
    ['create sa robot'],
  ])('%s', async (line) => {
    await both(...line.split(' '));
  });

  it('prints no namespace that only the context names', async () => {
    await both('config', 'set-context', '--current', '--namespace=kube-system');
    const created = ['secret generic pass', 'role r --verb=get --resource=pods', 'sa robot'];
    const lines = [...created.map((each) => `create ${each}`), 'run web --image=nginx'];
    for (const line of lines) await both(...`${line} ${show}`.split(' '), IN_CONTEXT);
    await both('create', 'sa', 'in-context', '--dry-run=server', '-o', 'yaml', IN_CONTEXT);
    await both('config', 'set-context', '--current', '--namespace=default');
    const expose = 'expose svc kubernetes --port=80 --name=other --selector=a=b';
    await both(...`${expose} ${show}`.split(' '), IN_CONTEXT);
    await both('config', 'set-context', '--current', '--namespace=');
  });
});
