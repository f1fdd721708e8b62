import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { runEtcdctl } from '../../test/support/etcdctl.ts';

const script = (shell: string): Promise<string> =>
  runEtcdctl(['completion', shell]).then(({ out }) => out);

/** What bash would offer for the last word. */
function offered(completion: string, ...words: string[]): string[] {
  const typed = words.map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _etcdctl`;
  const show = 'printf "%s\\n" "${COMPREPLY[@]}"';
  const source = `${completion}\n${ask}\n${show}`;
  return execFileSync('bash', ['-c', source], { encoding: 'utf8' }).trim().split('\n');
}

it('offers commands and flags in bash, where flags stand between them, too', async () => {
  const bash = await script('bash');
  expect(offered(bash, 'etcdctl', 'me')).toEqual(['member']);
  expect(offered(bash, 'etcdctl', 'member', 'p')).toEqual(['promote']);
  expect(offered(bash, 'etcdctl', '--hex', 'get', '--pre')).toEqual(['--prefix']);
  expect(offered(bash, 'etcdctl', 'member', 'add', '--')).toContain('--learner');
  expect(offered(bash, 'etcdctl', 'member', 'add', '--')).toContain('--endpoints');
  expect(offered(bash, 'etcdctl', 'member', '--')).not.toContain('--learner');
  expect(offered(bash, '/usr/bin/wherry', 'etcdctl', 'lease', 'g')).toEqual(['grant']);
  expect(offered(bash, 'wherry', 'store', '')).toEqual(['']);
});

it('has zsh use what bash does, and fish lines of its own', async () => {
  expect(await script('zsh')).toMatch(/^#compdef etcdctl wherry\n[^]*bashcompinit\n_etcdctl\(\)/);
  const fish = await script('fish');
  expect(fish).toMatch(/^complete -c etcdctl -n 'not __fish_seen_[^']* get put [^']*' -f -a get /m);
  expect(fish).toContain("'__fish_seen_subcommand_from get' -l prefix -d 'all keys with this");
});
