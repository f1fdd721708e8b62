import { expect, it } from 'vitest';
import { hints, stopHint } from './hints.ts';

const here = { kubeconfig: '.wherry/kubeconfig', where: undefined, example: true };
const command = (ready: typeof here): string => /Try:  (.*)$/m.exec(hints(ready))![1]!;

it('names the example of a checkout, and needs no file elsewhere', () => {
  expect(command(here)).toBe('npx kubectl-lite apply -f examples/web.yaml');
  expect(command({ ...here, example: false })).toBe(
    'npx kubectl-lite create deployment web --image=nginx --replicas=3',
  );
});

it('names the kubeconfig where kubectl-lite would not find it, as a shell takes it', () => {
  const of = (kubeconfig: string): string =>
    /--kubeconfig (.*) apply/.exec(command({ ...here, kubeconfig }))![1]!;
  expect(of('other/kubeconfig')).toBe('other/kubeconfig');
  expect(of("my 'own'/kubeconfig")).toBe("'my '\\''own'\\''/kubeconfig'");
});

it('says where, for a cluster in the foreground', () => {
  expect(hints({ ...here, where: 'in another terminal' })).toContain('Try, in another terminal:  ');
});

it('names the data directory of what is to be stopped where it is not the usual one', () => {
  expect(stopHint('.wherry')).toBe('Stop with `npx wherry down`.\n');
  expect(stopHint('other')).toBe('Stop with `npx wherry down --data-dir other`.\n');
});
