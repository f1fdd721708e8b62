import { expect, it } from 'vitest';
import type { KubernetesObject } from '../../api/meta.ts';
import type { Job, JobSpec, JobStatus } from '../../api/types/batch-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Informer, InformerHandler } from '../../client/informer-interface.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { metricsText } from '../../platform/metrics/text.ts';
import { JobMeter } from './job-meter.ts';
import { FINALIZER } from './pods.ts';

function job(spec: Partial<JobSpec>, status: JobStatus = {}): Job {
  const template = { spec: { containers: [], restartPolicy: 'Never' } };
  return {
    ...{ apiVersion: 'batch/v1', kind: 'Job' },
    metadata: {},
    spec: { template, ...spec },
    status,
  };
}

const pod = (phase: string, ...finalizers: string[]): Pod => ({
  ...{ apiVersion: 'v1', kind: 'Pod' },
  ...{ metadata: { finalizers }, spec: { containers: [] }, status: { phase } },
});

/** Lines that are not zero, without what each family means. */
function told(metrics: Metrics): readonly string[] {
  const lines = metricsText(metrics).split('\n');
  return lines
    .filter((line) => line.startsWith('job_controller_') && !line.includes('duration'))
    .filter((line) => !line.endsWith(' 0'))
    .map((line) => line.replace('job_controller_', ''));
}

const made = () => {
  const metrics = new Metrics();
  return { metrics, meter: new JobMeter(metrics) };
};

/** Keeps what is to be told of changes. */
function informer<T extends KubernetesObject>() {
  let handler: InformerHandler<T> = {};
  const of = { addHandler: (given: InformerHandler<T>) => void (handler = given) };
  return { of: of as unknown as Informer<T>, tell: () => handler };
}

it('counts pods and indexes by what was written', () => {
  const { metrics, meter } = made();
  meter.counted(job({}, { succeeded: 1 }), { succeeded: 3, failed: 2 });
  const indexed = { completionMode: 'Indexed', completions: 9 };
  meter.counted(job(indexed, { completedIndexes: '0' }), { completedIndexes: '0-2,4' });
  const perIndex = { ...indexed, backoffLimitPerIndex: 1 };
  meter.counted(job(perIndex, { failed: 1 }), { failed: 2, failedIndexes: '5,7' });
  expect(told(metrics)).toEqual([
    'job_finished_indexes_total{status="succeeded",backoffLimit="global"} 3',
    'job_finished_indexes_total{status="failed",backoffLimit="perIndex"} 2',
    'job_pods_finished_total{completion_mode="NonIndexed",result="succeeded"} 2',
    'job_pods_finished_total{completion_mode="NonIndexed",result="failed"} 2',
    'job_pods_finished_total{completion_mode="Indexed",result="succeeded"} 3',
    'job_pods_finished_total{completion_mode="Indexed",result="failed"} 1',
  ]);
});

it.each([
  ['new', {}, {}],
  ['recreate_terminating_or_failed', {}, { failed: 1 }],
  ['recreate_terminating_or_failed', {}, { terminating: 1 }],
  ['recreate_failed', { podReplacementPolicy: 'Failed' }, { failed: 1 }],
  ['recreate_failed', { podReplacementPolicy: 'Failed' }, uncounted('a')],
  ['new', { podReplacementPolicy: 'Failed' }, {}],
])('tells pods that are %s', (reason, spec, status) => {
  const { metrics, meter } = made();
  meter.created(job(spec), status, { succeeded: 2, failed: 1 });
  expect(told(metrics)).toEqual([
    `job_pods_creation_total{reason="${reason}",status="succeeded"} 2`,
    `job_pods_creation_total{reason="${reason}",status="failed"} 1`,
  ]);
});

function uncounted(...failed: string[]): JobStatus {
  return { uncountedTerminatedPods: { failed } };
}

it('tells what rules decided, and how each look at a Job ended', () => {
  const { metrics, meter } = made();
  meter.handled(['Ignore', 'Count', 'Ignore']);
  meter.synced(job({}), { action: 'pods_created', seconds: 1, failed: false });
  meter.synced(job({}), { action: 'tracking', seconds: 1, failed: true });
  expect(told(metrics)).toEqual([
    'job_syncs_total{completion_mode="NonIndexed",result="success",action="pods_created"} 1',
    'job_syncs_total{completion_mode="NonIndexed",result="error",action="tracking"} 1',
    'pod_failures_handled_by_failure_policy_total{action="Ignore"} 2',
    'pod_failures_handled_by_failure_policy_total{action="Count"} 1',
  ]);
});

it('sees Jobs of others, Jobs that end, and ended pods that are held until they are counted', () => {
  const { metrics, meter } = made();
  const [jobs, pods] = [informer<Job>(), informer<Pod>()];
  meter.watch(jobs.of, pods.of);
  jobs.tell().added?.(job({ managedBy: 'example.org/others' }));
  jobs.tell().added?.(job({ managedBy: 'kubernetes.io/job-controller' }));
  const conditions = [{ type: 'Complete', status: 'True', reason: 'CompletionsReached' }];
  jobs.tell().updated?.(job({}), job({}, { conditions }));
  jobs.tell().updated?.(job({}, { conditions }), job({}, { conditions }));
  pods.tell().updated?.(pod('Running', FINALIZER), pod('Failed', FINALIZER));
  pods.tell().added?.(pod('Succeeded', FINALIZER));
  pods.tell().added?.(pod('Succeeded'));
  pods.tell().updated?.(pod('Failed', FINALIZER), pod('Failed'));
  pods.tell().deleted?.(pod('Failed'), pod('Failed'));
  expect(told(metrics)).toEqual([
    'jobs_by_external_controller_total{controller_name="example.org/others"} 1',
    'jobs_finished_total{completion_mode="NonIndexed",result="succeeded",reason="CompletionsReached"} 1',
    'terminated_pods_tracking_finalizer_total{event="add"} 2',
    'terminated_pods_tracking_finalizer_total{event="delete"} 1',
  ]);
});
