import { expect, it } from 'vitest';
import { transcripts } from './side-by-side.ts';

transcripts(
  'the other commands',
  ({ says, each, file, variable }) => {
    it.each([
      ['create configmap set --from-literal=a=b'],
      ['create serviceaccount robot'],
      ['list'],
      ['logs'],
      ['logs none -l a=b'],
      ['logs -l a=none'],
      ['exec'],
      ['exec none'],
      ['exec none -- ls'],
      ['exec deploy/none -- ls'],
      ['attach'],
      ['attach none'],
      ['cp'],
      ['cp a'],
      ['cp none none2'],
      ['port-forward'],
      ['port-forward none'],
      ['port-forward none 80'],
      ['port-forward svc/none 80'],
      ['proxy --port=x'],
      ['top node none'],
      ['top pod none'],
      ['top pod --sort-by=disk'],
      ['alpha'],
      ['completion'],
      ['completion odd'],
      ['completion bash zsh'],
      ['get cm -o name --chunk-size=1'],
      ['get cm --show-kind'],
      ['get cm --no-headers'],
      ['get cm -L app'],
      ['get pods --output-watch-events'],
      ['wait --for=create cm/set'],
      ['wait --for=jsonpath={.data.a}=b cm/set'],
      ['wait --for=jsonpath={.data.a} cm/set --timeout=30s'],
      ['wait --for=jsonpath={.data.a}=c cm/set --timeout=2s'],
      ['wait cm/set'],
      ['wait --for=jsonpath={.data.a}=b=c cm/set'],
      ['wait --for=jsonpath={.data.a}=b cm/set -o yaml'],
      ['logs none'],
      ['logs deploy/none'],
      ['logs cm/set'],
      ['exec cm/set -- ls'],
      ['attach cm/set'],
      ['port-forward cm/set 80'],
    ])('%s', async (line) => {
      await says(line);
    });

    it('waits for what is there, not for what a manifest says', async () => {
      await file('absent.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: absent}\n');
      await says('wait --for=condition=Ready -f absent.yaml --timeout=1s');
    });

    it('lists plugins', async () => {
      variable('PATH', 'FOLDER/none');
      await says('plugin list');
    });

    // kubectl prints its own types here, field by field: what is in them is the same.
    it('dumps what a namespace holds', async () => {
      const { kubectl, lite } = await each('cluster-info', 'dump');
      expect(lite.code).toBe(kubectl.code);
      const kinds = (text: string) =>
        [...text.matchAll(/^ {4}"kind": "(\w+)"/gm)].map(([, k]) => k);
      expect(kinds(lite.out).length).toBeGreaterThan(5);
      expect(kinds(lite.out)).toEqual(kinds(kubectl.out));
    });

    // The texts are its own: every flag that both have is named alike.
    it('names the flags of all commands', async () => {
      const { kubectl, lite } = await each('options');
      const flags = (text: string) => [...text.matchAll(/--([a-z-]+)=/g)].map(([, flag]) => flag!);
      expect(flags(lite.out).filter((flag) => !flags(kubectl.out).includes(flag))).toEqual([
        'help',
      ]);
    });

    it.each([['bash'], ['zsh'], ['fish']])('has completion for %s', async (shell) => {
      const { kubectl, lite } = await each('completion', shell);
      expect([lite.code, kubectl.code]).toEqual([0, 0]);
      const asks = /__complete/;
      expect([asks.test(lite.out), asks.test(kubectl.out)]).toEqual([true, true]);
    });

    // kubectl fills the last column with blanks.
    it('shows what nodes and pods use', async () => {
      const shown = ({ out, err, code }: { out: string; err: string; code: number }) =>
        [out.replaceAll(/ +$/gm, ''), err, code] as const;
      for (const line of [
        ['top', 'node'],
        ['top', 'node', '--no-headers'],
      ]) {
        const { kubectl, lite } = await each(...line);
        expect(shown(lite)).toEqual(shown(kubectl));
      }
    });
  },
  { nodes: 1 },
);
