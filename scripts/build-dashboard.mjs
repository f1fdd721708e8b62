/**
 * Writes examples/grafana/wherry.json: our dashboard, from rows of (title, unit, expressions).
 * `node scripts/build-dashboard.mjs`
 */
import { writeFileSync } from 'node:fs';

const rate = (metric, by) => `sum by (${by}) (rate(${metric}[$__rate_interval]))`;
const quantile = (q, metric, by = '') =>
  `histogram_quantile(${q}, sum by (le${by === '' ? '' : `, ${by}`}) ` +
  `(rate(${metric}_bucket[$__rate_interval])))`;
const p99 = (metric, by) => quantile(0.99, metric, by);

const rows = [
  [
    'API server',
    [
      ['Requests', 'reqps', [[rate('apiserver_request_total', 'verb'), '{{verb}}']]],
      ['Answers by code', 'reqps', [[rate('apiserver_request_total', 'code'), '{{code}}']]],
      [
        'Time to answer, 99 of 100',
        's',
        [[p99('apiserver_request_sli_duration_seconds', 'verb'), '{{verb}}']],
      ],
      [
        'At work and waiting',
        'short',
        [
          [
            'sum by (request_kind) (apiserver_current_inflight_requests)',
            'at work {{request_kind}}',
          ],
          [
            'sum by (request_kind) (apiserver_current_inqueue_requests)',
            'waiting {{request_kind}}',
          ],
        ],
      ],
      [
        'Watches',
        'short',
        [['sum by (resource) (apiserver_longrunning_requests)', '{{resource}}']],
      ],
      [
        'Events sent to watchers',
        'ops',
        [[rate('apiserver_watch_events_total', 'resource'), '{{resource}}']],
      ],
      [
        'Objects',
        'short',
        [['topk(10, sum by (resource) (apiserver_resource_objects))', '{{resource}}']],
      ],
      [
        'Admission, 99 of 100',
        's',
        [[p99('apiserver_admission_controller_admission_duration_seconds', 'name'), '{{name}}']],
      ],
      [
        'Store as the API server sees it, 99 of 100',
        's',
        [[p99('etcd_request_duration_seconds', 'operation'), '{{operation}}']],
      ],
      [
        'Decisions on access',
        'ops',
        [
          [rate('authentication_attempts', 'result'), 'who: {{result}}'],
          [rate('authorization_attempts_total', 'result'), 'may: {{result}}'],
        ],
      ],
    ],
  ],
  [
    'Store',
    [
      [
        'Leader',
        'short',
        [
          ['etcd_server_has_leader', 'has one {{instance}}'],
          ['etcd_server_is_leader', 'is it {{instance}}'],
        ],
      ],
      [
        'Fsync of the log, 99 of 100',
        's',
        [[p99('etcd_disk_wal_fsync_duration_seconds', 'instance'), '{{instance}}']],
      ],
      [
        'Proposals',
        'ops',
        [
          ['rate(etcd_server_proposals_applied_total[$__rate_interval])', 'applied {{instance}}'],
          ['etcd_server_proposals_pending', 'pending {{instance}}'],
        ],
      ],
      [
        'Size',
        'bytes',
        [
          ['etcd_mvcc_db_total_size_in_bytes', 'on disk {{instance}}'],
          ['etcd_mvcc_db_total_size_in_use_in_bytes', 'in use {{instance}}'],
        ],
      ],
    ],
  ],
  [
    'Controllers',
    [
      ['Keys added', 'ops', [[rate('workqueue_adds_total', 'name'), '{{name}}']]],
      ['Keys waiting', 'short', [['sum by (name) (workqueue_depth)', '{{name}}']]],
      [
        'Time keys wait, 99 of 100',
        's',
        [[p99('workqueue_queue_duration_seconds', 'name'), '{{name}}']],
      ],
      [
        'Time keys are worked on, 99 of 100',
        's',
        [[p99('workqueue_work_duration_seconds', 'name'), '{{name}}']],
      ],
      ['Keys tried again', 'ops', [[rate('workqueue_retries_total', 'name'), '{{name}}']]],
      [
        'Nodes',
        'short',
        [
          ['sum(node_collector_zone_size)', 'all'],
          ['sum(node_collector_unhealthy_nodes_in_zone)', 'not ready'],
        ],
      ],
    ],
  ],
  [
    'Scheduler and nodes',
    [
      ['Attempts', 'ops', [[rate('scheduler_schedule_attempts_total', 'result'), '{{result}}']]],
      ['Pods that wait', 'short', [['sum by (queue) (scheduler_pending_pods)', '{{queue}}']]],
      [
        'From the queue to a node, 99 of 100',
        's',
        [[p99('scheduler_pod_scheduling_sli_duration_seconds'), 'pods']],
      ],
      ['Rejected by', 'short', [['sum by (plugin) (scheduler_unschedulable_pods)', '{{plugin}}']]],
      [
        'Pods and containers that run',
        'short',
        [
          ['sum(kubelet_running_pods)', 'pods'],
          ['sum by (container_state) (kubelet_running_containers)', '{{container_state}}'],
        ],
      ],
      [
        'From seen by its node to running, 99 of 100',
        's',
        [[p99('kubelet_pod_start_duration_seconds'), 'pods']],
      ],
    ],
  ],
  [
    'Processes',
    [
      [
        'Processor',
        'percentunit',
        [['rate(process_cpu_seconds_total[$__rate_interval])', '{{job}} {{instance}}']],
      ],
      ['Memory', 'bytes', [['process_resident_memory_bytes', '{{job}} {{instance}}']]],
      ['Open files', 'short', [['process_open_fds', '{{job}} {{instance}}']]],
    ],
  ],
];

const datasource = { type: 'prometheus', uid: '${datasource}' };
const [WIDTH, HEIGHT, PER_LINE] = [8, 7, 3];
let id = 0;
let y = 0;
const panels = rows.flatMap(([title, boards]) => {
  const row = { id: ++id, type: 'row', title, collapsed: false, panels: [] };
  const placed = boards.map(([name, unit, targets], index) => ({
    ...{ id: ++id, type: 'timeseries', title: name, datasource },
    gridPos: {
      ...{ h: HEIGHT, w: WIDTH },
      x: (index % PER_LINE) * WIDTH,
      y: y + 1 + Math.floor(index / PER_LINE) * HEIGHT,
    },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: targets.map(([expr, legendFormat], i) => ({
      ...{ refId: String.fromCharCode(65 + i), expr, legendFormat, datasource },
    })),
  }));
  const gridPos = { h: 1, w: 24, x: 0, y };
  y += 1 + Math.ceil(boards.length / PER_LINE) * HEIGHT;
  return [{ ...row, gridPos }, ...placed];
});
const board = {
  ...{ uid: 'wherry', title: 'Wherry', tags: ['wherry', 'kubernetes'], schemaVersion: 39 },
  ...{ editable: true, refresh: '10s', time: { from: 'now-15m', to: 'now' } },
  templating: {
    list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }],
  },
  panels,
};
writeFileSync('examples/grafana/wherry.json', `${JSON.stringify(board, null, 2)}\n`);
