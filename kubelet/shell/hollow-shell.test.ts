import { describe, expect, it, vi } from 'vitest';
import { statusError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { BoundedStream } from '../../platform/stream.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { aPod, type PodSketch } from '../../test/support/scheduling.ts';
import { HollowShell } from './hollow-shell.ts';
import { Collector } from './redirections.ts';

const secret = Buffer.from('s3cr3t').toString('base64');
const objects: Record<string, object> = {
  'nodes/node1': {
    status: {
      addresses: [{ type: 'InternalIP', address: '172.18.0.3' }],
      allocatable: { cpu: '4', memory: '8Gi' },
    },
  },
  'configmaps/cfg': { data: { colour: 'green', 'game.properties': 'lives=3\n' } },
  'secrets/keys': { data: { password: secret } },
  'persistentvolumeclaims/claim': { spec: { volumeName: 'pv-1' } },
};

function clientOf(pod: Pod): Client {
  return {
    get: async ({ resource }: { resource: string }, { name }: { name: string }) => {
      if (resource === 'pods') return pod;
      const found = objects[`${resource}/${name}`];
      if (found === undefined) throw statusError('NotFound', `${resource} "${name}" not found`);
      return found;
    },
    list: async () => ({ items: [] }),
    createSubresource: async () => ({ status: { token: 'eyJ', expirationTimestamp: '' } }),
  } as unknown as Client;
}

const volumes = [
  { name: 'cfg', configMap: { name: 'cfg' } },
  { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o400 } },
  { name: 'scratch', emptyDir: {} },
  { name: 'data', persistentVolumeClaim: { claimName: 'claim' } },
  {
    name: 'info',
    downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] },
  },
  { name: 'all', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
];
const volumeMounts = [
  { name: 'cfg', mountPath: '/etc/config' },
  { name: 'cfg', mountPath: '/opt/colour', subPath: 'colour' },
  { name: 'keys', mountPath: '/keys' },
  { name: 'scratch', mountPath: '/scratch' },
  { name: 'data', mountPath: '/data' },
  { name: 'info', mountPath: '/info' },
  { name: 'all', mountPath: '/all' },
];

const container = {
  ...{ name: 'c', image: 'nginx:1.27', command: ['nginx', '-g', '$(MODE)'], volumeMounts },
  env: [
    { name: 'MODE', value: 'daemon off' },
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
  ],
};

function shellOf(sketch: PodSketch = {}) {
  const clock = new FakeClock();
  const pod: Pod = aPod({
    ...{ nodeName: 'node1', volumes, labels: { app: 'web' }, containers: [container] },
    status: { podIP: '10.244.1.7', hostIP: '172.18.0.2' },
    ...sketch,
  });
  const shell = new HollowShell(clientOf(pod), clock);
  const asked: string[] = [];
  const latest = () => ({ ...pod, status: { podIP: '10.244.1.7' } });
  const started = (id: string) => ({
    request: { id, pod, latest, container: pod.spec.containers[0]!, listener: {} as never },
    startedAtMs: clock.now(),
    terminate: () => void asked.push(id),
  });
  const { signal: never } = new AbortController();
  const run = async (
    command: readonly string[],
    { stdin, id = 'one', signal = never }: Run = {},
  ) => {
    const stdout = new Collector();
    const stderr = new Collector();
    const input = stdin === undefined ? {} : { stdin: pieces(stdin) };
    const io = { ...input, stdout, stderr, tty: false, signal };
    const code = await shell.exec(started(id), command, io);
    return { code, stdout: stdout.bytes.toString(), stderr: stderr.bytes.toString() };
  };
  return { run, sh: (line: string) => run(['sh', '-c', line]), shell, started, clock, asked };
}

interface Run {
  readonly stdin?: string;
  readonly id?: string;
  readonly signal?: AbortSignal;
}

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  for (const each of text.match(/.{1,7}/gs) ?? []) yield Buffer.from(each);
}

describe('programs', () => {
  it.each([
    [['printenv', 'MODE'], 'daemon off\n'],
    [['printenv', 'POD_IP', 'PASSWORD'], '10.244.1.7\ns3cr3t\n'],
    [['hostname'], 'pod\n'],
    [['/bin/echo', '-n', 'a', 'b'], 'a b'],
    [['cat', '/etc/config/colour', '/opt/colour'], 'greengreen'],
    [['cat', '/keys/password'], 's3cr3t'],
    [['cat', '/info/labels'], 'app="web"'],
    [['cat', '/all/token'], 'eyJ'],
    [['ls', '/etc/config'], 'colour\ngame.properties\n'],
    [['ls', '/etc'], 'config\nhostname\nhosts\n'],
    [['ls', '-l', '/keys'], '-r--------    1 root     root             6 Nov 14 22:13 password\n'],
    [['id'], 'uid=0(root) gid=0(root) groups=0(root)\n'],
    [['whoami'], 'root\n'],
    [['date'], 'Tue Nov 14 22:13:20 UTC 2023\n'],
    [['date', '+%F %T %s'], '2023-11-14 22:13:20 1700000000\n'],
    [['pwd'], '/\n'],
    [['printf', '%s-%d\\n', 'a', '7'], 'a-7\n'],
  ])('%j', async (command, stdout) => {
    expect(await shellOf().run(command)).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('find the folders that other mounts show of a volume', async () => {
    const shown = { name: 'scratch', mountPath: '/shown', subPathExpr: 'of/$(MODE)' };
    const volumeMounts = [{ name: 'scratch', mountPath: '/scratch' }, shown];
    const env = [{ name: 'MODE', value: 'test' }];
    const { sh } = shellOf({ containers: [{ ...container, env, volumeMounts }] });
    const { code } = await sh('touch /scratch/of/test/file && test -f /shown/file');
    expect(code).toBe(0);
  });

  it('of a shell complain by the name that it was called by', async () => {
    const { run } = shellOf();
    for (const name of ['sh', '/bin/sh']) {
      const { stderr } = await run([name, '-c', 'nothing; echo > /etc/config/x']);
      expect(stderr).toBe(
        `${name}: nothing: not found\n${name}: can't create /etc/config/x: Read-only file system\n`,
      );
    }
  });

  it('know the addresses before a status tells them', async () => {
    const hostIp = { name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } };
    const env = [...container.env, hostIp];
    const { run } = shellOf({ status: {}, containers: [{ ...container, env }] });
    const { stdout } = await run(['printenv', 'POD_IP', 'HOST_IP']);
    expect(stdout).toBe('10.244.1.7\n172.18.0.3\n');
  });

  it.each([
    [['false'], 1, ''],
    [['printenv', 'NONE'], 1, ''],
    [['cat', '/none'], 1, "cat: can't open '/none': No such file or directory\n"],
    [['cat', '/etc'], 1, 'cat: read error: Is a directory\n'],
    [['ls', '/none'], 1, 'ls: /none: No such file or directory\n'],
    [['touch', '/etc/config/x'], 1, 'touch: /etc/config/x: Read-only file system\n'],
    [['rm', '/etc'], 1, 'rm: /etc: Is a directory\n'],
    [['expr', 'a', '+', '1'], 2, 'expr: syntax error\n'],
    [['kill', '9'], 1, "kill: can't kill pid 9: No such process\n"],
    [
      ['sh', '-c', 'while true; do sleep 9 & done'],
      2,
      "sh: can't fork: Resource temporarily unavailable\n",
    ],
    [['sh', '-c', 'wait 9'], 127, 'wait: pid 9 is not a child of this shell\n'],
    [['sh', '-c', '&'], 2, 'sh: syntax error: unexpected "&"\n'],
    [['tar', 'czf', '-', '/etc'], 1, "tar: invalid option -- 'z'\n"],
    [
      ['tar', 'xf', '-', '-C', '/none'],
      1,
      "tar: can't change directory to '/none': No such file or directory\n",
    ],
    [['sh', '-c', 'nginx -v'], 127, 'sh: nginx: not found\n'],
    [['sh', '-c', '/etc/hosts'], 126, 'sh: /etc/hosts: Permission denied\n'],
    [['sh', '-c', 'case x in x) date;; esac'], 2, 'sh: syntax error: unexpected ")"\n'],
    [
      ['sh', '-c', 'while true; do date'],
      2,
      'sh: syntax error: unexpected end of file (expecting "done")\n',
    ],
    [['sh', '-c', 'if true; then fi'], 2, 'sh: syntax error: unexpected "fi"\n'],
    [['sh', '-c', 'echo $((1 / 0))'], 2, 'sh: divide by zero\n'],
  ])('%j ends with %i', async (command, code, stderr) => {
    expect(await shellOf().run(command)).toEqual({ code, stdout: '', stderr });
  });

  it.each([
    [['nginx'], 'exec: "nginx": executable file not found in $PATH: unknown'],
    [['/x/y'], 'exec: "/x/y": stat /x/y: no such file or directory: unknown'],
    [['/etc/hosts'], 'exec: "/etc/hosts": permission denied: unknown'],
  ])('%j cannot begin', async (command, message) => {
    await expect(shellOf().run(command)).rejects.toThrow(message);
  });

  it.each([
    ['if [ -r /etc/config/colour ]; then echo is; else echo not; fi', 'is\n'],
    ['if false\nthen echo a\nelif [[ x == x ]]\nthen echo b\nfi; echo $?', 'b\n0\n'],
    ['for i in $(seq 3) x; do echo "$i"; done', '1\n2\n3\nx\n'],
    ['i=0; while [ $i -lt 3 ]; do i=$((i + 1)); done; echo $i', '3\n'],
    ['until [ -f /tmp/x ]; do touch /tmp/x; echo once; done', 'once\n'],
    ['for i in 1 2 3; do if [ $i = 2 ]; then continue; fi; echo $i; done', '1\n3\n'],
    ['while true; do echo one; break; done; echo after', 'one\nafter\n'],
    ['for i in 1 2; do echo $i; done > /tmp/all; cat /tmp/all', '1\n2\n'],
    ['for i in b a; do echo $i; done | grep a', 'a\n'],
    ['{ echo a; echo b; } | wc -l', '2\n'],
    ['printf ab | wc', '0 1 2\n'],
    ['printf ü | wc -c', '2\n'],
    ['! false && echo yes', 'yes\n'],
    ['set -e; if false; then :; fi; false || true; ! true; echo on; false; echo no', 'on\n'],
    ['echo ${NONE:-a b} "${NONE-}" ${NONE:=set} $NONE', 'a b  set set\n'],
    ['echo `printenv MODE` $(( (2 + 3) * 4 % 7 - -1 )) $((2 >= 3))', 'daemon off 7 0\n'],
    ['printf "%s\\n" a b c | tail -n 2 | head -1', 'b\n'],
    ['printf "%s\\n" a b c | tail -n+2', 'b\nc\n'],
    ['trap "exit 0" TERM; exec echo done; echo never', 'done\n'],
    ['if [ $(expr 7 % 2) -ne 0 ]; then expr 2 + 3; fi', '5\n'],
    ['cp /etc/config/colour /tmp/c && cat /tmp/c', 'green'],
    ['{ echo b; exit 3; } & p=$!; wait $p; echo $? $p', 'b\n3 8\n'],
    ['x=1; { x=2; echo in $x; } & wait; echo $x', 'in 2\n1\n'],
    ['false || true && echo a & wait; echo $?', 'a\n0\n'],
    ['sleep 1000 & kill $!; wait $!; echo $?', '143\n'],
    ['sleep 1000 & echo on', 'on\n'],
    ['echo "[$!]"; wait', '[]\n'],
    [
      'mkdir -p /tmp/a/b; echo hi > /tmp/a/b/f; cd /tmp; tar cf - a | tar tf -',
      'a/\na/b/\na/b/f\n',
    ],
    [
      'cd /tmp; mkdir a to; echo hi > a/f; tar -cf x.tar a; tar -xmf x.tar -C to; cat to/a/f',
      'hi\n',
    ],
    [
      'mkdir /tmp/n; tar cf - /etc/config 2>/dev/null | tar xf - -C /tmp/n etc/config/colour; ls /tmp/n/etc/config',
      'colour\n',
    ],
  ])('a script: %s', async (script, stdout) => {
    expect(await shellOf().sh(script)).toMatchObject({ stdout, stderr: '' });
  });

  it('a loop that never waits lets others go on', async () => {
    const { run, clock } = shellOf();
    const gone = new AbortController();
    const looping = run(['sh', '-c', 'while :; do :; done'], { signal: gone.signal });
    await vi.waitFor(() => expect(clock.timers).toBe(1));
    gone.abort();
    expect(await looping).toMatchObject({ stdout: '' });
  });

  it('are run as whom the pod names', async () => {
    const securityContext = { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000 };
    const { run } = shellOf({ securityContext });
    expect((await run(['id'])).stdout).toBe('uid=1000 gid=3000 groups=3000,2000\n');
    expect((await run(['ps'])).stdout).toContain('    1 1000      0:00 nginx -g daemon off\n');
  });

  it('read their input', async () => {
    const { run } = shellOf();
    expect((await run(['cat'], { stdin: 'one\ntwo' })).stdout).toBe('one\ntwo');
  });

  it('sleep by the clock of the node, and end when nobody waits', async () => {
    const { run, clock } = shellOf();
    const slept = run(['sleep', '60']);
    await clock.advance(60_000);
    expect((await slept).code).toBe(0);
    const leaving = new AbortController();
    const left = run(['sleep', '60'], { signal: leaving.signal });
    await clock.advance(1000);
    leaving.abort();
    expect((await left).code).toBe(130);
    expect(clock.timers).toBe(0);
  });

  it('follow a file, and another in its place', async () => {
    const { run, sh, clock } = shellOf();
    await sh('echo old > /scratch/log');
    const leaving = new AbortController();
    const followed = run(['tail', '-n', '+1', '-F', '/scratch/log'], { signal: leaving.signal });
    await clock.advance(1500);
    await sh('echo appended >> /scratch/log');
    await clock.advance(1000);
    await sh('echo new > /scratch/log');
    await clock.advance(1000);
    leaving.abort();
    expect(await followed).toMatchObject({ stdout: 'old\nappended\nnew\n' });
  });

  it('end the container by a signal to its own process', async () => {
    const { run, asked } = shellOf();
    await run(['kill', '-9', '1']);
    expect(asked).toEqual([]);
    await run(['kill', '1']);
    expect(asked).toEqual(['one']);
  });

  it('see the hosts of the pod', async () => {
    const hostAliases = [{ ip: '10.1.2.3', hostnames: ['foo.remote', 'bar.remote'] }];
    const { run } = shellOf({ hostAliases, hostname: 'busy', subdomain: 'box' });
    const { stdout } = await run(['cat', '/etc/hosts']);
    expect(stdout).toMatch(
      /\n10\.244\.1\.7\tbusy\.box\tbusy\n\n# Entries added by HostAliases\.\n/,
    );
    expect(stdout).toMatch(/\n10\.1\.2\.3\tfoo\.remote\tbar\.remote\n$/);
  });
});

describe('the shell', () => {
  it.each([
    ['echo a; echo b', 'a\nb\n'],
    ['true && echo yes || echo no', 'yes\n'],
    ['false && echo yes || echo no', 'no\n'],
    ['false; echo $?', '1\n'],
    ['echo "$MODE" \'$MODE\' ${MODE}x', 'daemon off $MODE daemon offx\n'],
    ['echo $(hostname) "$(echo a; echo b)"', 'pod a\nb\n'],
    ['X=1 printenv X; echo [$X]', '1\n[]\n'],
    ['X="a b"; Y=$X; echo $Y', 'a b\n'],
    ['cd /etc/config && pwd && cat colour', '/etc/config\ngreen'],
    ['echo a\\ b \\"c', 'a b "c\n'],
    ['cat /none 2>/dev/null || echo none', 'none\n'],
    ['cat /none 2>&1 | cat', "cat: can't open '/none': No such file or directory\n"],
    ['echo 1 > /tmp/f; echo 2 >> /tmp/f; cat < /tmp/f', '1\n2\n'],
    ['[ -f /etc/config/colour ] && [ "$MODE" = "daemon off" ] && test ! -e /x && echo ok', 'ok\n'],
    ['# a comment\necho a # and one more', 'a\n'],
    ['sh -c "echo in; exit 3"; echo $?', 'in\n3\n'],
    ['mkdir -p /tmp/a/b && touch /tmp/a/b/c && ls /tmp/a/b; rm -r /tmp/a; ls /tmp', 'c\n'],
    ['exit 0; echo never', ''],
  ])('%s', async (line, stdout) => {
    expect(await shellOf().sh(line)).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('reads lines', async () => {
    const { run } = shellOf();
    const stdin = 'cd /etc/config\ncat colour\nexit 4\necho never\n';
    expect(await run(['sh'], { stdin })).toEqual({ code: 4, stdout: 'green', stderr: '' });
  });

  it('keeps what is written in a volume of the pod, and in a claim beyond it', async () => {
    const { run, sh, shell } = shellOf();
    await sh('echo kept > /scratch/a; echo own > /own; echo long > /data/b');
    shell.containerGone('one');
    const again = await run(['sh', '-c', 'cat /scratch/a /data/b /own'], { id: 'two' });
    expect(again.stdout).toBe('kept\nlong\n');
    shell.podGone('uid-pod');
    expect((await sh('ls /scratch; cat /data/b')).stdout).toBe('long\n');
  });

  it('has so much room and no more', async () => {
    const { run } = shellOf();
    const stdin = 'x'.repeat(1 << 20);
    const full = await run(['sh', '-c', 'cat > /scratch/a'], { stdin });
    expect(full).toMatchObject({ code: 1, stderr: 'sh: write error: No space left on device\n' });
  });
});

describe('declared answers', () => {
  const answers = `
- command: redis-cli ping
  stdout: "PONG\\n"
- command: [psql, '*']
  stderr: no such table
  exitCode: 3
- { command: slow, delaySeconds: 5 }
`;

  it('are given, in the shell too', async () => {
    const { run, sh, clock } = shellOf({ annotations: { 'wherry.io/exec': answers } });
    expect(await run(['redis-cli', 'ping'])).toEqual({ code: 0, stdout: 'PONG\n', stderr: '' });
    expect(await sh('psql -c x')).toEqual({ code: 3, stdout: '', stderr: 'no such table' });
    await expect(run(['redis-cli', 'info'])).rejects.toThrow(/not found in \$PATH/);
    const slow = run(['slow']);
    await clock.advance(5000);
    expect((await slow).code).toBe(0);
  });

  it('of one container win', async () => {
    const annotations = {
      'wherry.io/exec': answers,
      'c.wherry.io/exec': '[{ command: redis-cli ping, stdout: own }]',
    };
    expect((await shellOf({ annotations }).run(['redis-cli', 'ping'])).stdout).toBe('own');
  });

  it.each([
    ['- stdout: x', 'answers[0].command: is needed'],
    ['- { command: x, exitCode: 300 }', 'answers[0].exitCode: must be a whole number'],
    ['- { command: x, output: y }', 'answers[0].output: there is no such field'],
    ['x', 'answers: must be a list'],
    ['- [', 'yaml: line'],
  ])('%j is refused', async (text, message) => {
    const { run } = shellOf({ annotations: { 'wherry.io/exec': text } });
    await expect(run(['true'])).rejects.toThrow(`annotation wherry.io/exec: ${message}`);
  });
});

describe('a terminal', () => {
  async function talk(typed: readonly string[], command = ['sh']) {
    const { shell, started, clock } = shellOf();
    const stdin = new BoundedStream<Uint8Array>(100);
    const screen = new Collector();
    const { signal } = new AbortController();
    const io = { stdin, stdout: screen, tty: true, signal };
    const code = shell.exec(started('one'), command, io);
    for (const text of typed) {
      stdin.push(Buffer.from(text));
      await clock.advance(0);
    }
    return { code: await code, screen: screen.bytes.toString() };
  }

  it('shows a prompt and what is typed, and knows how to erase', async () => {
    const { code, screen } = await talk(['echo hix\x7f\r', 'exit 2\r']);
    expect(screen).toBe('/ # echo hix\b \b\r\nhi\r\n/ # exit 2\r\n');
    expect(code).toBe(2);
  });

  it('ends at ^D', async () => {
    expect(await talk(['pwd\r', '\x04'])).toEqual({ code: 0, screen: '/ # pwd\r\n/\r\n/ # ' });
  });

  it('interrupts a command by ^C, and a line', async () => {
    const { screen, code } = await talk(['sleep 100\r', '\x03', 'echo no\x03', 'exit\r']);
    expect(screen).toBe('/ # sleep 100\r\n^C\r\n/ # echo no^C\r\n/ # exit\r\n');
    expect(code).toBe(130);
  });

  it('gives lines to a program', async () => {
    const { screen } = await talk(['one\r', '\x1b[Atwo\r', '\x04'], ['cat']);
    expect(screen).toBe('one\r\none\r\ntwo\r\ntwo\r\n');
  });
});
