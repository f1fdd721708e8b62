/** `kubectl apply --server-side`, as people use it. */
import { expect, it } from 'vitest';

/** What a run of kubectl printed, and how it ended. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface ApplyTools {
  /** In a namespace of its own. */
  readonly kubectl: (...args: string[]) => Promise<Said>;
  /** Writes a manifest; answers its path. */
  readonly file: (name: string, object: object) => Promise<string>;
}

const deployment = (spec: object): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'ssa' },
  spec: {
    selector: { matchLabels: { app: 'ssa' } },
    template: {
      metadata: { labels: { app: 'ssa' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    },
    ...spec,
  },
});

const map = (data: object): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'moved' },
  data,
});

interface Owned {
  readonly metadata: {
    readonly managedFields?: readonly {
      readonly manager: string;
      readonly operation: string;
      readonly subresource?: string;
      readonly fieldsV1: object;
    }[];
  };
}

export function serverSideApply({ kubectl, file }: ApplyTools): void {
  async function ok(...args: string[]): Promise<string> {
    const said = await kubectl(...args);
    expect(said, args.join(' ')).toMatchObject({ code: 0 });
    return said.out;
  }

  async function owners(what: string): Promise<string[]> {
    const { metadata } = JSON.parse(
      await ok('get', what, '-o', 'json', '--show-managed-fields'),
    ) as Owned;
    return (metadata.managedFields ?? []).map((entry) =>
      [entry.manager, entry.operation, entry.subresource].filter(Boolean).join(' '),
    );
  }

  it('applies on the server, conflicts, and takes over by force', async () => {
    const two = await file('ssa', deployment({ replicas: 2 }));
    expect(await ok('apply', '--server-side', '-f', two)).toBe(
      'deployment.apps/ssa serverside-applied\n',
    );
    expect(await owners('deploy/ssa')).toEqual(['kubectl Apply']);
    await ok('scale', 'deploy/ssa', '--replicas=4');
    // It gives no name of its own: that of its program is taken.
    const scaler = expect.stringMatching(/^kubectl\S* Update scale$/) as string;
    expect(await owners('deploy/ssa')).toEqual(['kubectl Apply', scaler]);
    const refused = await kubectl('apply', '--server-side', '-f', two);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/Apply failed with 1 conflict: conflict with "kubectl\S*" /);
    expect(refused.err).toContain('with subresource "scale" using apps/v1: .spec.replicas');
    await ok('apply', '--server-side', '--force-conflicts', '-f', two);
    expect(await ok('get', 'deploy/ssa', '-o', 'jsonpath={.spec.replicas}')).toBe('2');
    const paused = await file('ssa', deployment({ paused: true }));
    await ok('apply', '--server-side', '--field-manager=other', '-f', paused);
    expect(await owners('deploy/ssa')).toEqual(['kubectl Apply', 'other Apply']);
    const left = await file('ssa', deployment({}));
    await ok('apply', '--server-side', '--field-manager=other', '-f', left);
    const shown = await ok('get', 'deploy/ssa', '-o', 'json');
    expect(JSON.parse(shown)).not.toHaveProperty('spec.paused');
    expect(JSON.parse(shown)).not.toHaveProperty('metadata.managedFields');
    await ok('delete', 'deploy/ssa');
  });

  it('moves on from client-side apply', async () => {
    await ok('apply', '-f', await file('moved', map({ a: '1', b: '2' })));
    expect(await owners('cm/moved')).toEqual(['kubectl-client-side-apply Update']);
    const next = await file('moved', map({ a: '3' }));
    expect(await ok('apply', '--server-side', '-f', next)).toBe(
      'configmap/moved serverside-applied\n',
    );
    expect(await owners('cm/moved')).toContain('kubectl Apply');
    expect(await owners('cm/moved')).not.toContain('kubectl-client-side-apply Update');
    const { data } = JSON.parse(await ok('get', 'cm/moved', '-o', 'json')) as { data: object };
    expect(data).toEqual({ a: '3' });
    await ok('delete', 'cm/moved');
  });

  it('diffs and tries without writing', async () => {
    const first = await file('moved', map({ a: '1' }));
    const dry = await ok('apply', '--server-side', '--dry-run=server', '-f', first);
    expect(dry).toContain('serverside-applied (server dry run)');
    expect((await kubectl('get', 'cm/moved')).code).toBe(1);
    await ok('apply', '--server-side', '-f', first);
    const diff = await kubectl('diff', '--server-side', '-f', await file('moved', map({ a: '2' })));
    expect(diff.code).toBe(1);
    expect(diff.out).toMatch(/-\s+a: "1"\n\+\s+a: "2"/);
    await ok('delete', 'cm/moved');
  });
}
