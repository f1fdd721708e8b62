import { expect, it } from 'vitest';
import { isKnown } from './known-commands.ts';

const pong = { command: ['redis-cli', '*'], stdout: 'PONG', stderr: '', exitCode: 0, delayMs: 0 };
const sh = (script: string): string[] => ['/bin/sh', '-c', script];

it.each([
  [['sleep', '3600']],
  [['sh']],
  [['redis-cli', 'ping']],
  [['bash', '-ec', 'date; echo Hello from the cluster']],
  [sh('while true; do echo $(date -u) >> /data/out.txt; sleep 5; done')],
  [sh('if [[ -r /data/foo ]]; then exit 0; else touch /data/foo; exit 1; fi')],
  [sh('for i in $(seq 5); do redis-cli set k $i; done')],
  [sh('exec sleep infinity')],
  [sh('A=1')],
  [sh('sleep 5 & wait')],
  [sh("trap 'echo bye; exit 0' TERM; trap - INT; sleep 9")],
])('%j is known', (words) => {
  expect(isKnown(words, [pong])).toBe(true);
});

it.each([
  [[]],
  [['nginx', '-g', 'daemon off;']],
  [['sh', '/scripts/run.sh']],
  [['sh', '-x']],
  [sh('echo a; perl -e 1')],
  [sh('echo $(curl -s http://web)')],
  [sh('until nc -z db 5432; do sleep 1; done')],
  [sh('echo ${A:-$(hostname -I | awk 1)}')],
  [sh('cat /data/*.txt')],
  [sh('"$PROGRAM" now')],
  [['tar', 'xf', '/data/site.tar']],
  [sh("trap 'nginx -s quit' TERM; sleep 9")],
  [sh('trap "$ACTION" TERM; sleep 9')],
  [sh('case $1 in a) date ;; esac')],
  [sh('echo "unfinished')],
])('%j is not', (words) => {
  expect(isKnown(words, [pong])).toBe(false);
});
