/** Manifests, paths, paths within objects and kubeconfigs as people write them. */
import { expect, it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const map = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${more}}\n`;
const inJson = (name: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

const manifests: Readonly<Record<string, string>> = {
  'list.json': `{"kind":"List","apiVersion":"v1","items":[${inJson('l1')},${inJson('l2')}]}`,
  'typed-list.yaml': `apiVersion: v1\nkind: ConfigMapList\nitems:\n- {metadata: {name: t1}}\n- {metadata: {name: t2}}\n`,
  'empty-list.yaml': 'apiVersion: v1\nkind: List\nitems: []\n',
  'in-a-row.json': `${inJson('j1')}\n${inJson('j2')}${inJson('j3')}`,
  'comments.yaml': `# first\n---\n# nothing else\n---\n${map('k1')}--- # a separator\n${map('k2')}---\n\n---\n`,
  'crlf.yaml': `${map('crlf')}data:\n  text: |\n    one\n    two\n---\n${map('crlf2')}`.replaceAll(
    '\n',
    '\r\n',
  ),
  'bom.yaml': `\ufeff${map('bom')}`,
  'dots.yaml': `${map('d1')}...\n---\n${map('d2')}`,
  'empty.yaml': '',
  'no-name.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n',
  'no-metadata.yaml': 'apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n',
  'generated.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: gen-}\n',
  'elsewhere.yaml': map('elsewhere', ', namespace: default'),
  'folder/a.yaml': map('fa'),
  'folder/b.json': inJson('fb'),
  'folder/c.yml': map('fc'),
  'folder/deep/e.yaml': map('fe'),
  'texts/x.txt': '',
};

transcripts('manifests as they come', ({ says, piped, file, lite, each }) => {
  it('sets the scene', async () => {
    for (const [name, content] of Object.entries(manifests)) await file(name, content);
  });

  it.each([
    ['apply -f {folder}/list.json'],
    ['apply -f typed-list.yaml'],
    ['apply -f typed-list.yaml -o name'],
    ['apply -f typed-list.yaml -o yaml'],
    ['apply -f typed-list.yaml -o jsonpath={.items[*].metadata.name}'],
    ['apply -f typed-list.yaml -o go-template={{.kind}}'],
    ['apply -f empty-list.yaml'],
    ['create -f empty-list.yaml'],
    ['delete -f empty-list.yaml'],
    ['apply -f {folder}/in-a-row.json'],
    ['apply -f comments.yaml'],
    ['apply -f crlf.yaml'],
    ['get cm crlf -o jsonpath={.data}'],
    ['apply -f bom.yaml'],
    ['apply -f dots.yaml'],
    ['apply -f empty.yaml'],
    ['create -f no-name.yaml'],
    ['create -f no-metadata.yaml'],
    ['replace -f no-name.yaml'],
    ['apply -f generated.yaml'],
    ['apply -R -f {folder}/folder'],
    ['get -R -f {folder}/folder -o name'],
    ["apply -f '{folder}/folder/*.y*ml'"],
    ["apply -f '{folder}/f?lder/[ab].*'"],
    ["apply -f '{folder}/folder/*.none'"],
    ['apply -f {folder}/texts'],
    ["apply -f comments.yaml -l '=='"],
    ["apply -f comments.yaml -l 'a in (b)'"],
    ['delete -f {folder}/list.json --dry-run=server'],
  ])('%s', async (line) => {
    await says(line);
  });

  it('takes objects in a row from standard input, too', async () => {
    await piped(`${inJson('p1')}\n${inJson('p2')}`, 'create', '-f', '-');
  });

  it('deletes nothing for a manifest that names nothing', async () => {
    await says('delete -f no-name.yaml');
    const kept = await lite('get', 'cm', '-o', 'name');
    expect(kept.out).toContain('configmap/bom\n');
    const { lite: got } = await each('get', '-f', 'no-name.yaml');
    expect(got).toEqual({ code: 1, out: '', err: 'error: resource name may not be empty\n' });
  });

  it('finds objects in the namespaces that their manifests name', async () => {
    const manifest = await file('named.yaml', map('named', ', namespace: ns-named'));
    await lite('create', 'ns', 'ns-named');
    expect((await lite('-n', 'ns-named', 'apply', '-f', manifest)).out).toBe(
      'configmap/named created\n',
    );
    // Without -n: the one in force is "default".
    const got = await lite('-n', '', 'get', '-f', manifest, '-o', 'name');
    expect(got).toEqual({ code: 0, out: 'configmap/named\n', err: '' });
  });

  it.each([
    ['{}'],
    ['{.}'],
    ['{.data["a"]}'],
    ['{"\\u0041\\x42"}'],
    ['{.metadata.labels[?(@.a==1 && @.b==2)]}'],
    ['{.items[?(@.a==1)'],
    ['{.items[?(@.a)=1]}'],
  ])('jsonpath %s', async (path) => {
    await says(`get ns default -o 'jsonpath=${path}'`);
  });

  it('says what has no elements', async () => {
    for (const path of ['{.kind[0]}', '{.metadata[1]}', '{.metadata.name[0:1]}']) {
      const { kubectl, lite: ours } = await each('get', 'ns', 'default', '-o', `jsonpath=${path}`);
      const [reason] = kubectl.err.split('. Printing more information');
      expect([ours.code, ours.err]).toEqual([1, `${reason}\n`]);
    }
  });

  it.each([
    ['get ns default -o jsonpath-as-json=text'],
    ['get CM'],
    ['get ConfigMap l1'],
    ['get cm,svc l1'],
    ['get cm,svc l1 kubernetes'],
  ])('%s', async (line) => {
    await says(line);
  });

  it.each([
    ['{{index .metadata 1}}'],
    ['{{index .spec.finalizers "x"}}'],
    ['{{index .spec.finalizers 9}}'],
    ['{{.kind.x}}'],
    ['{{len 3}}'],
    ['{{lt .kind 1}}'],
    ['{{base64decode "a"}}'],
    ['{{base64decode "YWJ*"}}'],
  ])('go-template %s fails for the same reason', async (template) => {
    const { kubectl, lite: ours } = await each('get', 'ns', 'default', `--template=${template}`);
    const reason = / at <.*>: (.*)$/m.exec(kubectl.err)?.[1];
    expect(reason).toBeDefined();
    expect([ours.code, ours.err]).toEqual([1, expect.stringContaining(reason!)]);
  });

  it('tells of types and of what is there', async () => {
    await says(`get ns default '--template={{printf "%T %T %T" .kind .metadata 1}}'`);
    await says(
      `get ns default '--template={{exists .metadata "name"}} {{exists .kind "x"}} {{base64decode "YWI="}}'`,
    );
    await says("get ns default '--template={{if}}{{end}}'");
  });
});

const kubeconfig = (more: string): string => `apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: "https://c:6443", certificate-authority: certs/../certs/ca.pem}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {${more}}}]
`;

transcripts('kubeconfigs as they come', ({ says, file, each }) => {
  it('sets the scene', async () => {
    await file('kc/files', kubeconfig('client-certificate: certs/ca.pem, client-key: ../key.pem'));
    await file('kc/certs/ca.pem', 'authority');
    await file('key.pem', 'key');
    await file('kc/program', kubeconfig('exec: {apiVersion: v1, command: login}'));
    await file(
      'kc/no-cluster',
      kubeconfig('token: x').replace('{name: c, cluster', '{name: d, cluster'),
    );
    await file('kc/no-user', kubeconfig('token: x').replace('{name: u,', '{name: v,'));
    await file('kc/pod', 'apiVersion: v1\nkind: Pod\n');
    await file('kc/newer', 'apiVersion: v2\nkind: Config\n');
  });

  it.each([
    ['files', 'view --flatten'],
    ['files', 'view --flatten --minify'],
    ['program', 'view'],
    ['program', 'view -o json'],
    ['no-cluster', 'view --minify'],
    ['no-user', 'view --minify'],
    ['program', 'unset users.none'],
  ])('of %s: %s', async (name, line) => {
    await says(`config --kubeconfig={folder}/kc/${name} ${line}`);
  });

  it.each([['pod'], ['newer']])('refuses what is none: %s', async (name) => {
    const { kubectl, lite } = await each('config', `--kubeconfig={folder}/kc/${name}`, 'view');
    // kubectl goes on with the place in its sources.
    const [reason] = kubectl.err.split(' in scheme ');
    expect([lite.code, lite.err]).toEqual([1, `${reason}\n`]);
  });
});
