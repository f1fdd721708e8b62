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

export const autoscale = command({
  usage: '(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu-percent=CPU]',
  flags: {
    ...filenameFlags,
    ...dryRunFlag,
    ...outputFlags,
    ...fieldManagerFlag('kubectl-autoscale'),
    'cpu-percent': integer('Average use of CPU to aim at, in percent of what is requested', {
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
      const cpu = flags['cpu-percent'];
      const target = { type: 'Utilization', averageUtilization: cpu };
      const metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
      const isV2 = type.version === 'v2';
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
          ...(cpu < 0 ? {} : isV2 ? { metrics } : { targetCPUUtilizationPercentage: cpu }),
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
