import type { Place, Seen, SeenCondition } from '../place.ts';
import { type Scenario, template } from '../scenario.ts';

const ending = (exitCode: string, more: Record<string, string> = {}): string =>
  template('work', {
    annotations: { 'wherry.io/run-seconds': '0', 'wherry.io/exit-code': exitCode, ...more },
    spec: 'restartPolicy: Never',
  });
const forEver = template('work', { spec: 'restartPolicy: Never' });

const job = (more: string, pods: string): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: work }
spec:
  ${more}
  ${pods.trim()}`;

const has = (at: Place, type: string): Promise<Seen> =>
  at.until('Job', 'work', ({ status }) =>
    (status?.conditions ?? []).some(
      (each: SeenCondition) => each.type === type && each.status === 'True',
    ),
  );

const scenario = (name: string, manifest: string, condition: string): Scenario => ({
  name,
  async run(at) {
    await at.create(manifest);
    await has(at, condition);
  },
});

const indexed = 'completionMode: Indexed\n  completions: 3\n  parallelism: 3';

export const jobScenarios: readonly Scenario[] = [
  scenario('job that completes', job('completions: 2\n  parallelism: 2', ending('0')), 'Complete'),
  scenario('job with a work queue', job('parallelism: 1', ending('0')), 'Complete'),
  scenario('indexed job', job(indexed, ending('0')), 'Complete'),
  scenario('job that fails', job('backoffLimit: 0', ending('1')), 'Failed'),
  scenario('job past its deadline', job('activeDeadlineSeconds: 2', forEver), 'Failed'),
  scenario(
    'job with a limit for each index',
    job(`${indexed}\n  backoffLimitPerIndex: 0`, ending('1')),
    'Failed',
  ),
  scenario(
    'job with a limit of failed indexes',
    job(
      `${indexed.replace('parallelism: 3', 'parallelism: 1')}
  backoffLimitPerIndex: 0\n  maxFailedIndexes: 0`,
      ending('1'),
    ),
    'Failed',
  ),
  scenario(
    'job whose failure policy fails it',
    job(
      `backoffLimit: 5
  podFailurePolicy:
    rules:
      - { action: FailJob, onExitCodes: { containerName: main, operator: In, values: [42] } }`,
      ending('42'),
    ),
    'Failed',
  ),
  scenario(
    'job whose failure policy gives up indexes',
    job(
      `${indexed}
  backoffLimitPerIndex: 3
  podFailurePolicy:
    rules:
      - { action: FailIndex, onExitCodes: { operator: In, values: [42] } }`,
      ending('42'),
    ),
    'Failed',
  ),
  scenario(
    'job that succeeds early',
    job(
      `completionMode: Indexed\n  completions: 3\n  parallelism: 1
  successPolicy: { rules: [{ succeededIndexes: "0" }] }`,
      ending('0'),
    ),
    'Complete',
  ),
  scenario(
    'job whose pods are replaced once they have ended',
    job('backoffLimit: 0\n  podReplacementPolicy: Failed', ending('1')),
    'Failed',
  ),
  scenario('job of nothing', job('completions: 0', ending('0')), 'Complete'),
  scenario(
    'job whose pods begin anew in their place',
    job('backoffLimit: 1', ending('1').replace('Never', 'OnFailure')),
    'Failed',
  ),
  {
    name: 'job of which a pod is deleted',
    async run(at) {
      const slow = { 'wherry.io/stop-seconds': '5' };
      const pods = template('work', { annotations: slow, spec: 'restartPolicy: Never' });
      await at.create(job('completions: 1', pods));
      await at.until('Job', 'work', ({ status }) => status?.ready === 1);
      const [pod] = await at.list('Pod');
      await at.delete('Pod', pod!.metadata.name);
      await at.untilGone('Pod', pod!.metadata.name);
      await at.until('Job', 'work', ({ status }) => status?.active === 1 && status?.ready === 1);
    },
  },
  {
    name: 'job that somebody else takes care of',
    async run(at) {
      await at.create(job('managedBy: example.org/others', forEver));
      await new Promise((resolve) => setTimeout(resolve, 2000));
    },
  },
  {
    name: 'indexed job that grows',
    async run(at) {
      await at.create(job(indexed, forEver));
      await at.until('Job', 'work', ({ status }) => status?.ready === 3);
      await at.merge('Job', 'work', { spec: { completions: 2, parallelism: 2 } });
      await at.until('Job', 'work', ({ status }) => status?.active === 2 && status?.ready === 2);
    },
  },
  {
    name: 'job that is suspended and resumed',
    async run(at) {
      await at.create(job('suspend: true', ending('0')));
      await has(at, 'Suspended');
      await at.merge('Job', 'work', { spec: { suspend: false } });
      await has(at, 'Complete');
    },
  },
  {
    name: 'job that is suspended while it runs',
    async run(at) {
      await at.create(job('parallelism: 2', forEver));
      await at.until('Job', 'work', ({ status }) => status?.ready === 2);
      await at.merge('Job', 'work', { spec: { suspend: true } });
      await has(at, 'Suspended');
      await at.untilAll('Pod', (pods) => pods.length === 0);
    },
  },
  {
    name: 'job that goes after it finished',
    async run(at) {
      await at.create(job('ttlSecondsAfterFinished: 1', ending('0')));
      await at.untilGone('Job', 'work');
      await at.untilAll('Pod', (pods) => pods.length === 0);
    },
  },
  {
    name: 'job that is scaled',
    async run(at) {
      await at.create(job('parallelism: 3', forEver));
      await at.until('Job', 'work', ({ status }) => status?.ready === 3);
      await at.merge('Job', 'work', { spec: { parallelism: 1 } });
      await at.until('Job', 'work', ({ status }) => status?.active === 1 && status?.ready === 1);
    },
  },
  scenario(
    'job whose failure policy overlooks what disturbed its pods',
    job(
      `backoffLimit: 0
  podFailurePolicy:
    rules:
      - { action: Ignore, onExitCodes: { operator: In, values: [7] } }
      - { action: Count, onExitCodes: { operator: In, values: [42] } }`,
      ending('42'),
    ),
    'Failed',
  ),
  scenario(
    'job that succeeds when enough indexes have',
    job(
      `completionMode: Indexed\n  completions: 4\n  parallelism: 1
  successPolicy: { rules: [{ succeededIndexes: "0-2", succeededCount: 2 }] }`,
      ending('0'),
    ),
    'Complete',
  ),
  scenario(
    'job that is past its deadline after a failure',
    job('activeDeadlineSeconds: 4\n  backoffLimit: 9', ending('1')),
    'Failed',
  ),
  {
    name: 'job whose failure policy asks for the pod’s end by disruption',
    async run(at) {
      await at.create(
        job(
          `backoffLimit: 0
  podFailurePolicy:
    rules:
      - { action: Ignore, onPodConditions: [{ type: DisruptionTarget, status: "True" }] }`,
          forEver,
        ),
      );
      await at.until('Job', 'work', ({ status }) => status?.ready === 1);
      const [pod] = await at.list('Pod');
      await at.evict(pod!.metadata.name);
      await at.untilGone('Pod', pod!.metadata.name);
      await at.until('Job', 'work', ({ status }) => status?.active === 1 && status?.ready === 1);
    },
  },
];
