import { readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployments, jobs, pods } from '../../api/resources.ts';
import { type Cluster, startCluster } from '../../index.ts';
import { eventually } from '../e2e/harness.ts';
import { readScrape, type Scrape } from './scrape.ts';
import { wanted, wantedOfCadvisor } from './wanted.ts';

let cluster: Cluster;
let served: Scrape;
let stored: Scrape;

const container = { name: 'c', image: 'c' };
const draft = { metadata: { namespace: 'default' } };

/** Something of everything: a rollout, a job that ends, a pod that fits nowhere. */
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
  const { client } = cluster;
  const labels = { app: 'web' };
  await client.create(deployments, {
    metadata: { ...draft.metadata, name: 'web' },
    spec: {
      ...{ replicas: 12, selector: { matchLabels: labels } },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  });
  await client.create(jobs, {
    metadata: { ...draft.metadata, name: 'once' },
    spec: {
      template: {
        metadata: { annotations: { 'wherry.io/run-seconds': '0' } },
        spec: { containers: [container], restartPolicy: 'Never' },
      },
    },
  });
  const resources = { requests: { cpu: '100' } };
  await client.create(pods, {
    metadata: { ...draft.metadata, name: 'huge' },
    spec: { containers: [{ ...container, resources }] },
  });
  await eventually('everything has happened', async () => {
    const all = readScrape(String(await client.getPath('/metrics')));
    return (
      all.labels.has('job_controller_jobs_finished_total') &&
      all.labels.has('scheduler_unschedulable_pods') &&
      all.labels.has('kubelet_pod_start_duration_seconds_bucket')
    );
  });
  // Over a socket, as a scraper: the size of an answer is only known there.
  const { connectionOf, connectHttp, plain } = await sockets();
  const http = connectHttp(await connectionOf(cluster.kubeconfig));
  try {
    const peer = { address: 'test' };
    const get = (path: string) =>
      http.handler({
        ...{ method: 'GET', path, query: new URLSearchParams(), headers: {}, peer },
        signal: new AbortController().signal,
      });
    await get('/api/v1/pods');
    served = readScrape(await plain(await get('/metrics')));
  } finally {
    await http.close();
  }
  stored = readScrape(await (await fetch(`${cluster.storeEndpoint}/metrics`)).text());
});

afterAll(() => cluster.stop());

async function sockets() {
  const { parseKubeconfig } = await import('../../client/kubeconfig-text.ts');
  const { connectionOf } = await import('../../client/kubeconfig-connection.ts');
  const { connectHttp } = await import('../../platform/node/net/http-client.ts');
  const { bodyValue } = await import('../../client/response-body.ts');
  const { realDisk } = await import('../../platform/node/files/disk.ts');
  return {
    connectHttp,
    connectionOf: (text: string) => connectionOf(realDisk, parseKubeconfig(text, 'kubeconfig')),
    plain: async (response: Parameters<typeof bodyValue>[0]) => String(await bodyValue(response)),
  };
}

describe('a whole cluster', () => {
  it.each(Object.entries(wanted))('serves %s with its labels', (name, labels) => {
    expect([...(served.labels.get(name) ?? ['(not served)'])].sort()).toEqual(
      expect.arrayContaining([...labels].sort()),
    );
  });

  it('names verbs, queues, codes and results as Kubernetes does', () => {
    const verbs = served.values('apiserver_request_total', 'verb');
    expect([...verbs]).toEqual(expect.arrayContaining(['GET', 'LIST', 'POST', 'PUT']));
    expect(served.values('apiserver_longrunning_requests', 'verb')).toContain('WATCH');
    const queues = served.values('workqueue_depth', 'name');
    for (const name of ['deployment', 'replicaset', 'endpoint_slice', 'job', 'namespace'])
      expect(queues).toContain(name);
    // An attempt that met another write, or a deadline, is an error and made again.
    const results = new Set(served.values('scheduler_schedule_attempts_total', 'result'));
    results.delete('error');
    expect(results).toEqual(new Set(['scheduled', 'unschedulable']));
    expect(served.values('scheduler_pending_pods', 'queue')).toEqual(
      new Set(['active', 'backoff', 'gated', 'unschedulable']),
    );
    expect(served.values('scheduler_unschedulable_pods', 'plugin')).toContain('NodeResourcesFit');
    expect(served.values('kubelet_node_name', 'node')).toEqual(new Set(['node1', 'node2']));
  });
});

it('shows a node’s metrics through the API server, as scrapers of kubelets ask for them', async () => {
  const text = String(await cluster.client.getPath('/api/v1/nodes/node1/proxy/metrics'));
  expect(readScrape(text).labels.has('kubelet_running_pods')).toBe(true);
  await cluster.client.getPath('/api/v1/nodes/node1/proxy/healthz');
  const slis = String(await cluster.client.getPath('/api/v1/nodes/node1/proxy/metrics/slis'));
  expect(readScrape(slis).labels.get('kubernetes_healthcheck')).toEqual(new Set(['name', 'type']));
  const resource = String(
    await cluster.client.getPath('/api/v1/nodes/node1/proxy/metrics/resource'),
  );
  expect(readScrape(resource).types.get('node_cpu_usage_seconds_total')).toBe('counter');
  const cadvisor = readScrape(
    String(await cluster.client.getPath('/api/v1/nodes/node1/proxy/metrics/cadvisor')),
  );
  for (const [name, labels] of Object.entries(wantedOfCadvisor))
    expect([name, ...(cadvisor.labels.get(name) ?? [])]).toEqual(
      expect.arrayContaining([name, ...labels]),
    );
});

it('serves every path that our Prometheus configuration scrapes', async () => {
  const { scrape_configs: jobs } = load(
    await readFile('examples/grafana/prometheus.yaml', 'utf8'),
  ) as {
    readonly scrape_configs: readonly {
      readonly relabel_configs?: readonly {
        readonly target_label?: string;
        readonly replacement?: string;
      }[];
    }[];
  };
  const paths = jobs.flatMap(({ relabel_configs: labels = [] }) =>
    labels.flatMap(({ target_label: label, replacement = '' }) =>
      label === '__metrics_path__' ? [replacement.replace('$1', 'node2')] : [],
    ),
  );
  expect(paths).toHaveLength(2);
  for (const path of paths)
    expect(readScrape(String(await cluster.client.getPath(path))).labels.size).toBeGreaterThan(5);
});

describe('our Grafana dashboard', () => {
  interface Panel {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
    readonly panels?: readonly Panel[];
  }
  const words = new Set(
    (
      'sum rate irate increase by le max min avg count without histogram_quantile on group_left ' +
      'topk clamp_min and or unless time ignoring'
    ).split(' '),
  );
  /** Names of metrics: what is left of an expression without strings, labels and functions. */
  const metricsOf = (expression: string): string[] =>
    expression
      .replace(/\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, ' ')
      .match(/[a-zA-Z_:][\w:]*/g)!
      .filter((word) => !words.has(word));

  it('asks for nothing that is not served', async () => {
    const text = await readFile('examples/grafana/wherry.json', 'utf8');
    const board = JSON.parse(text) as { readonly panels: readonly Panel[]; readonly uid: string };
    const panels = board.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
    const asked = panels.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr }) => metricsOf(expr).map((metric) => ({ title, metric }))),
    );
    expect(asked.length).toBeGreaterThan(20);
    const missing = asked.filter(
      ({ metric }) => !served.labels.has(metric) && !stored.labels.has(metric),
    );
    expect(missing).toEqual([]);
  });
});
