import { apiVersionOf } from '../../api/resource.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { withLastApplied } from '../apply/last-applied.ts';
import { command } from '../command.ts';
import { boolean, integer, text } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, dryRunQuery, outputFlags } from '../printers/change-printer.ts';
import { locate, visit } from '../resource/builder.ts';
import { dryRunFlag, fieldManagerFlag, filenameFlags } from '../resource/flags.ts';
import { titleOf } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import { UsageError } from '../usage-error.ts';
import { metricsOf, percentOnly } from './autoscale-metrics.ts';

export const autoscale = command({
  usage: '(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU]',
  flags: {
    ...filenameFlags,
    ...dryRunFlag,
    ...outputFlags,
    ...fieldManagerFlag('kubectl-autoscale'),
    cpu: text('Average use of CPU to aim at: "70%" of what is requested, or "500m"'),
    memory: text('Average use of memory to aim at: "60%" of what is requested, or "200Mi"'),
    'cpu-percent': integer('As --cpu, in percent; its older form', {
      value: -1,
    }),
    'save-config': boolean('Keep the configuration in an annotation, for a later apply'),
    max: integer('Most replicas', { value: -1 }),
    min: integer('Fewest replicas', { value: -1 }),
    name: text("Name of the autoscaler; the scaled object's otherwise"),
  },
  async run(session, { words, flags, given }) {
    if (!given.has('max')) throw new UsageError('required flag(s) "max" not set');
    if (flags.max < 1) {
      throw new UsageError(`--max=MAXPODS is required and must be at least 1, max: ${flags.max}`);
    }
    if (flags.max < flags.min) {
      throw new UsageError(
        `--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${flags.max}, ` +
          `min: ${flags.min}`,
      );
    }
    const metrics = metricsOf(flags);
    const dryRun = dryRunOf(flags);
    const printer = await ChangePrinter.of(session, flags, dryRun);
    const resources = await session.resources();
    const type =
      resources.ofKind('autoscaling/v2', 'HorizontalPodAutoscaler') ??
      resources.ofKind('autoscaling/v1', 'HorizontalPodAutoscaler');
    if (type === undefined) {
      throw new UsageError(`the server doesn't have a resource type "horizontalpodautoscalers"`);
    }
    const found = await locate(session, { ...flags, words });
    return visit(session, found, async (located) => {
      if (!located.type.subresources.includes('scale')) {
        throw new UsageError(`cannot autoscale ${titleOf(located)}: it has no scale subresource`);
      }
      const name = flags.name === '' ? located.name : flags.name;
      const made = {
        apiVersion: apiVersionOf(type),
        kind: type.kind,
        metadata: { name },
        spec: {
          maxReplicas: flags.max,
          ...(flags.min > 0 ? { minReplicas: flags.min } : {}),
          scaleTargetRef: {
            apiVersion: apiVersionOf(located.type),
            kind: located.type.kind,
            name: located.name,
          },
          ...aims(type.version, metrics),
        },
      } as KubernetesObject;
      const body = flags['save-config'] ? withLastApplied(made, { bare: true }) : made;
      const { namespace } = located;
      const created =
        dryRun === 'client'
          ? body
          : await session.api.send({
              method: 'POST',
              path: pathOf(type, namespace),
              query: { fieldManager: flags['field-manager'], ...dryRunQuery(dryRun) },
              body,
            });
      printer.print({ type, namespace, name }, 'autoscaled', created);
    });
  },
});

/** In the words of the version; autoscaling/v1 knows a percentage of CPU, and nothing else. */
function aims(version: string, metrics: ReturnType<typeof metricsOf>): object {
  if (metrics.length === 0) return {};
  if (version === 'v2') return { metrics };
  const targetCPUUtilizationPercentage = percentOnly(metrics);
  if (targetCPUUtilizationPercentage !== undefined) return { targetCPUUtilizationPercentage };
  throw new UsageError('the server has autoscaling/v1 only, which takes --cpu with a percentage');
}
