import type { Metrics } from '../platform/metrics/metrics.ts';
import { versionDocument as version } from './kubernetes-version.ts';

/** kubernetes_build_info, which each component of Kubernetes shows. */
export function buildMetrics(metrics: Metrics): void {
  const labels = {
    build_date: version.buildDate,
    compiler: version.compiler,
    git_commit: version.gitCommit,
    git_tree_state: version.gitTreeState,
    git_version: version.gitVersion,
    go_version: version.goVersion,
    major: version.major,
    minor: version.minor,
    platform: version.platform,
  };
  const names = Object.keys(labels);
  const family = metrics.gauge('kubernetes_build_info', 'What is served.', names);
  family.with(...Object.values(labels)).value = 1;
}
