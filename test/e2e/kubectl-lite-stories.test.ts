/** Stories of people at a terminal, each told by the commands that only kubectl-lite has. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realTerminal } from '../../platform/node/terminal.ts';
import { LiteCluster } from '../support/lite-cluster.ts';

let lite: LiteCluster;
beforeAll(async () => {
  lite = await LiteCluster.start();
});
afterAll(() => lite.stop());

const say: LiteCluster['say'] = (line, typed) => lite.say(line, typed);
const ok: LiteCluster['ok'] = (line, typed) => lite.ok(line, typed);

/** Asks again and again until the answer is as it should be. */
async function eventually(line: string, expected: RegExp): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const { out } = await say(line);
    if (expected.test(out) || attempt === 100) {
      expect(out, line).toMatch(expected);
      return out;
    }
    await sleep(100);
  }
}

const deployment = (name: string, annotations: object, image: string): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 2,
      progressDeadlineSeconds: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations },
        spec: { containers: [{ name: 'main', image }] },
      },
    },
  });

describe('a rollout that hangs', () => {
  it('is explained by why, and tree shows where it hangs', async () => {
    await ok('apply -f -', { input: deployment('shop', {}, 'shop:1') });
    await ok('rollout status deploy/shop --timeout=20s');
    const broken = deployment('shop', { 'wherry.io/exit-code': '3' }, 'shop:2');
    await ok('apply -f -', { input: broken });
    const why = await eventually('why deploy shop', /exit code 3/);
    expect(why).toMatch(/^deployment\.apps\/shop/);
    expect(why).toMatch(/Pod\/shop-\S+: container main end.* exit code 3/);
    expect(why).toMatch(/→ kubectl-lite logs shop-\S+ -c main --previous/);
    await eventually('why deploy shop', /Progressing is False \(ProgressDeadlineExceeded\)/);
    const tree = await eventually('tree deploy shop', /CrashLoopBackOff|Error/);
    expect(tree).toMatch(/^NAME +READY +STATUS +AGE\nDeployment\/shop +2\/2/);
    expect(tree).toMatch(/├─ReplicaSet\/shop-\S+ +/);
    expect(tree).toMatch(/└─ReplicaSet\/shop-\S+ +/);
    expect(tree).toMatch(/─Pod\/shop-\S+ +0\/1 +(CrashLoopBackOff|Error)/);
  });

  it('shows the whole family from any member', async () => {
    const pods = await ok('get pods -l app=shop -o name');
    const tree = await ok(`tree ${pods.split('\n')[0]}`);
    expect(tree).toContain('Deployment/shop');
  });
});

describe('a pod that stays pending', () => {
  const pod = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'huge' },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'x',
          resources: { requests: { cpu: '1000' } },
          envFrom: [{ configMapRef: { name: 'absent' } }],
        },
      ],
    },
  });

  it('is told what is missing: room, and a ConfigMap', async () => {
    await ok('create -f -', { input: pod });
    const why = await eventually('why pod huge', /no node takes it/);
    expect(why).toMatch(/Insufficient cpu/);
    expect(why).toMatch(/it asks for 1000 of cpu; the most any node has left is \S+ \(/);
    expect(why).toContain('it needs the ConfigMap "absent", which does not exist');
    expect(why).toContain('→ lower the request, free cpu or add a node');
    expect(why.match(/Insufficient cpu/g)).toHaveLength(1);
  });

  it('is told of a quota that is used up', async () => {
    await ok('create namespace tight');
    await ok('create quota pods --hard=pods=1 -n tight');
    await eventually('get quota pods -n tight -o jsonpath={.status.used.pods}', /0/);
    await ok('create deployment two --image=x --replicas=2 -n tight');
    const refused = /ReplicaFailure is True \(FailedCreate\): .*exceeded quota/;
    const why = await eventually('why deploy two -n tight', refused);
    expect(why).toContain('ResourceQuota/pods: pods is used up: 1 of 1');
  });
});

describe('who changed the image, and when', () => {
  it('is told by history, with what it was before', async () => {
    await ok('create deployment blog --image=blog:1');
    await ok('set image deploy/blog blog=blog:2 --field-manager=jane');
    await ok('scale deploy blog --replicas=3');
    const history = await ok('history deploy blog');
    const lines = history.split('\n');
    const change = lines.findIndex((line) => line.includes('blog:1 → blog:2'));
    expect(lines[change]).toContain('spec.template.spec.containers[blog].image');
    expect(lines[change - 1]).toMatch(/^revision \d+ {2}\d+s ago \(\S+Z\) {2}by jane$/);
    expect(history).toMatch(/by kubectl-create {2}created/);
    expect(history).toMatch(/spec\.replicas: 1 → 3/);
    expect(history).not.toMatch(/~ status/);
    expect(await ok('history deploy blog --status')).toMatch(/[~+] status/);
  });

  it('keeps secrets to itself', async () => {
    await ok('create secret generic key --from-literal=a=hidden');
    await ok('patch secret key -p {"stringData":{"a":"other"}}');
    const history = await ok('history secret key');
    expect(history).toContain('~ data.a: *** → ***');
  });
});

describe('what it looked like some minutes ago', () => {
  it('is read from the store by revision and by time', async () => {
    await ok('create cm colours --from-literal=sky=blue');
    const revision = await ok('get cm colours -o jsonpath={.metadata.resourceVersion}');
    // Timestamps have whole seconds: the change has to be in another one.
    await sleep(1100);
    const between = new Date().toISOString().replace(/\.\d+/, '');
    await sleep(1100);
    await ok('patch cm colours -p {"data":{"sky":"grey"}}');
    const sky = 'get cm colours -o jsonpath={.data.sky}';
    expect(await ok(sky)).toBe('grey');
    expect(await ok(`${sky} --at-revision=${revision}`)).toBe('blue');
    expect(await ok(`${sky} --at=${between}`)).toBe('blue');
    expect(await ok(`get cm -o name --at-revision=${revision}`)).toContain('configmap/colours');
    expect(await ok(`get cm --at-revision=${revision}`)).toMatch(/colours +1 +/);
    await ok('delete cm colours');
    expect(await ok(`${sky} --at-revision=${revision}`)).toBe('blue');
    const before = await say(`get cm colours --at-revision=${Number(revision) - 1}`);
    expect(before).toMatchObject({ code: 1 });
    expect(before.err).toMatch(/configmaps "colours" was not there at revision/);
    const never = await say('get cm --at=10000h-ago');
    expect(never).toMatchObject({ code: 1 });
    expect((await say('get cm --at=yesterday')).err).toContain('--at is a time as');
  });
});

describe('a folder of 200 manifests', () => {
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boats.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'boats', singular: 'boat', kind: 'Boat' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { oars: { type: 'integer' } } } },
            },
          },
        },
      ],
    },
  };

  it('is applied whatever the order of its files, but for the one that is wrong', async () => {
    const path = join(lite.folder, 'many');
    await mkdir(path);
    // What is needed comes last by name: objects before their namespace and definition.
    await writeFile(join(path, 'z-crd.yaml'), JSON.stringify(crd));
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'many' } };
    await writeFile(join(path, 'z-namespace.yaml'), JSON.stringify(namespace));
    for (let i = 0; i < 198; i++) {
      const name = `n${i}`;
      const object =
        i % 3 === 0
          ? { apiVersion: 'example.com/v1', kind: 'Boat', spec: { oars: i } }
          : i % 3 === 1
            ? { apiVersion: 'v1', kind: 'ConfigMap', data: { i: String(i) } }
            : { apiVersion: 'v1', kind: 'Secret', stringData: { i: String(i) } };
      const whole = { ...object, metadata: { name, namespace: 'many' } };
      await writeFile(join(path, `${name}.yaml`), JSON.stringify(whole));
    }
    const wrong = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: many}\n';
    await writeFile(join(path, 'm-two.yaml'), `${wrong}---\n${wrong}dota: {}\n`);
    const said = await say(`apply -f ${path}`);
    expect(said.code).toBe(1);
    expect(said.out.trim().split('\n')).toHaveLength(201);
    expect(said.err.trim().split('\n')).toHaveLength(1);
    expect(said.err).toMatch(/m-two\.yaml" \(document 2, line 5\).*unknown field "dota"/);
    expect((await ok('get boats -n many -o name')).trim().split('\n')).toHaveLength(66);
  });

  it('tells how far it is on a terminal', async () => {
    const path = join(lite.folder, 'many');
    const { err } = await say(`apply -f ${path}`, { interactive: true });
    expect(err).toContain('applied 100 of 202');
  });
});

describe('colours', () => {
  it('are there on a terminal only, and not where NO_COLOR is set', async () => {
    const [plain, coloured, refused] = await Promise.all([
      ok('get pod huge'),
      ok('get pod huge', { interactive: true }),
      ok('get pod huge', { interactive: true, variables: { NO_COLOR: '1' } }),
    ]);
    expect(coloured).toContain('\u001b[33mPending\u001b[0m ');
    for (const text of [plain, refused]) expect(text).not.toContain('\u001b');
  });
});

describe('Ctrl-C', () => {
  it.each([
    ['get cm -w', 1],
    ['wait --for=create cm/none --timeout=1m', 1],
    ['get cm -w -o name', 1],
    ['proxy --port=0', 130],
  ])('ends %s with the exit code that kubectl has then', async (line, code) => {
    const stop = new AbortController();
    const running = say(line, { signal: stop.signal });
    setTimeout(() => stop.abort(), 300);
    expect(await running).toMatchObject({ code, err: '' });
  });
});

describe('a live table', () => {
  it('is drawn on a terminal, and nowhere else', async () => {
    const refused = await say('get cm -w --live');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.err).toContain('--live draws on a terminal');
    const stop = new AbortController();
    let seen = '';
    let making: Promise<string> | undefined;
    const { code } = await say('get cm -w --live', {
      interactive: true,
      signal: stop.signal,
      onOut(text) {
        seen += text;
        making ??= ok('create cm lively');
        // It stands out when it is new, and then no more, though nothing else changes.
        if (/\nlively/.test(text)) stop.abort();
      },
    });
    await making;
    expect(code).toBe(1);
    expect(seen).toContain('\u001b[H\u001b[J');
    expect(seen).toContain('\u001b[32mlively\u001b[0m');
  });

  it('shows as much as the window holds', async () => {
    const stop = new AbortController();
    let seen = '';
    await say('get cm -A -w --live', {
      interactive: true,
      signal: stop.signal,
      terminal: { ...realTerminal, size: () => ({ width: 80, height: 4 }) },
      onOut(text) {
        seen += text;
        if (text.includes('… and')) stop.abort();
      },
    });
    const [header, row, more] = seen.split('\u001b[J')[1]!.split('\n');
    expect([header, row, more]).toEqual([
      expect.stringMatching(/^NAMESPACE/),
      expect.stringMatching(/^\S+ /),
      expect.stringMatching(/^… and \d+ more$/),
    ]);
  });
});
