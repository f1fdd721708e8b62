import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, run, temporaryFolder, TestCluster, kubectlLiteMain } from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;

beforeAll(async () => {
  folder = await temporaryFolder();
  cluster = await TestCluster.up(`${folder.path}/data`);
});
afterAll(async () => {
  await cluster.stop();
  await folder.remove();
});

const lite = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await cluster.kubectlLite(...args);
  if (code !== 0) throw new Error(`kubectl-lite ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
  return stdout;
};

describe('kubectl-lite', () => {
  it('applies a manifest and shows three running pods on three nodes', async () => {
    expect(await lite('apply', '-f', 'examples/web.yaml')).toBe(
      'namespace/web created\ndeployment.apps/web created\nservice/web created\n',
    );
    const table = await eventually('three running pods', async () => {
      const text = await lite('get', 'pods', '-A', '-l', 'app=web', '-o', 'wide');
      return (text.match(/Running/g) ?? []).length === 3 && text;
    });
    expect(table.split('\n')[0]).toMatch(
      /^NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE +IP +NODE/,
    );
    for (const node of ['node1', 'node2', 'node3']) expect(table).toContain(node);
    await eventually('the endpoints', async () =>
      /web +\S+:80,\S+:80,\S+:80/.test(await lite('get', 'ep', '-n', 'web')),
    );
  }, 60_000);

  it('finds nothing to do the second time', async () => {
    expect(await lite('apply', '-f', 'examples/web.yaml')).toBe(
      'namespace/web unchanged\ndeployment.apps/web unchanged\nservice/web unchanged\n',
    );
  });

  it('prints objects as YAML, JSON and names', async () => {
    const yaml = await lite('get', 'deployment', 'web', '-n', 'web', '-o', 'yaml');
    expect(yaml).toMatch(/^apiVersion: apps\/v1\nkind: Deployment\nmetadata:\n/);
    const json = JSON.parse(await lite('get', 'deploy,svc', '-n', 'web', '-o', 'json')) as {
      kind: string;
      items: { kind: string }[];
    };
    expect(json.items.map((item) => item.kind)).toEqual(['Deployment', 'Service']);
    expect(await lite('get', 'svc', '-n', 'web', '-o', 'name')).toBe('service/web\n');
    expect(await lite('get', 'pods', '-n', 'web', '-l', 'app=none')).toBe('');
  });

  it('describes what it finds, with events', async () => {
    const text = await lite('describe', 'deployment', 'web', '-n', 'web');
    expect(text).toContain('Replicas:               3 desired | 3 updated | 3 total | 3 available');
    expect(text).toContain('ScalingReplicaSet');
    expect(await lite('describe', 'pods', '-n', 'web')).toContain('Successfully assigned web/web-');
    expect(await lite('describe', 'svc', 'web', '-n', 'web')).toMatch(
      /Endpoints: +\S+:80,\S+:80,\S+:80/,
    );
    expect(await lite('describe', 'node', 'node1')).toContain('Non-terminated Pods:');
  });

  it('scales and deletes', async () => {
    expect(await lite('scale', 'deployment', 'web', '--replicas=1', '-n', 'web')).toBe(
      'deployment.apps/web scaled\n',
    );
    await eventually('one pod', async () =>
      (await lite('get', 'deploy', 'web', '-n', 'web')).includes('1/1'),
    );
    // The namespace goes first, and may take the others with it before they are asked for.
    expect(await lite('delete', '--ignore-not-found', '-f', 'examples/web.yaml')).toContain(
      'namespace "web" deleted\n',
    );
    const { code, stderr } = await cluster.kubectlLite('get', 'ns', 'web');
    expect([code, stderr]).toEqual([
      1,
      'Error from server (NotFound): namespaces "web" not found\n',
    ]);
  }, 60_000);

  it('creates a namespace', async () => {
    expect(await lite('create', 'ns', 'fresh')).toBe('namespace/fresh created\n');
    const again = await cluster.kubectlLite('create', 'ns', 'fresh');
    expect(again.stderr).toBe(
      'Error from server (AlreadyExists): namespaces "fresh" already exists\n',
    );
    expect(again.code).toBe(1);
  });

  it('names file and document of what is wrong, and applies the rest', async () => {
    const manifest = [
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\n',
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Bad_Name\n',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: [\n',
      'apiVersion: v1\nkind: Podd\nmetadata:\n  name: x\n',
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: alsogood\ndat:\n  a: b\n',
    ].join('---\n');
    const { code, stdout, stderr } = await run(
      process.execPath,
      [kubectlLiteMain, 'apply', '-f', '-'],
      {
        env: cluster.env,
        input: manifest,
      },
    );
    expect(code).toBe(1);
    expect(stdout).toBe('configmap/good created\n');
    expect(stderr).toContain('"STDIN" (document 2, line 6)');
    expect(stderr).toContain('metadata.name: Invalid value: "Bad_Name"');
    expect(stderr).toContain('error parsing STDIN (document 3, line 11)');
    expect(stderr).toContain('no matches for kind "Podd" in version "v1"');
    expect(stderr).toContain('unknown field "dat"');
  });

  it.each([
    [['get', 'nothing'], `error: the server doesn't have a resource type "nothing"\n`],
    [
      ['get', 'pods', '-o', 'xml'],
      'error: unable to match a printer suitable for the output format "xml"',
    ],
    [['gett', 'pods'], 'error: unknown command "gett" for "kubectl-lite"\n\nDid you mean this?\n'],
    [['apply', '-f', '/no/such.yaml'], 'error: the path "/no/such.yaml" does not exist\n'],
    [['delete', 'pods'], 'error: resource(s) were provided, but no name was specified\n'],
    [['--context', 'none', 'get', 'pods'], 'none'],
  ])('refuses %j in one line', async (args, message) => {
    const { code, stderr } = await cluster.kubectlLite(...args);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  it('says what to do when no server answers', async () => {
    const { code, stderr } = await cluster.kubectlLite(
      'get',
      'pods',
      '--server',
      'https://127.0.0.1:1',
    );
    expect(stderr).toContain('The connection to the server 127.0.0.1:1 was refused');
    expect(code).toBe(1);
  });
});
