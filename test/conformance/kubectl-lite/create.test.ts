import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

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
});
