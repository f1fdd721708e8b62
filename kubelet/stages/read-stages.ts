import { parseSteps } from '../../api/jsonpath/parse.ts';
import { parseYamlDocuments } from '../../api/yaml.ts';
import type { Disk } from '../../platform/files/disk.ts';
import { FieldFault, Fields } from './fields.ts';
import type { ContainerAct, FieldExpression, Stage, StageNext, StageSelector } from './stage.ts';

const STAGE_VERSION = 'wherry.io/v1alpha1';
const MAX_MS = 7 * 24 * 3_600_000;
const MAX_WEIGHT = 1_000_000;

/** A file of stages that cannot be used: names the file, the document and the field. */
class StageFileError extends Error {
  override readonly name = 'StageFileError';
}

/** The stages of some files, in their order. Rejects with a {@link StageFileError}. */
export async function readStages(disk: Disk, paths: readonly string[]): Promise<Stage[]> {
  const stages: Stage[] = [];
  const known = new Map<string, string>();
  for (const path of paths) {
    const bytes = await disk.read(path).catch((error: Error) => {
      throw new StageFileError(`${path}: ${error.message}`);
    });
    if (bytes === undefined) throw new StageFileError(`${path}: there is no such file`);
    for (const { stage, place } of stagesIn(Buffer.from(bytes).toString(), path)) {
      const before = known.get(stage.name);
      if (before !== undefined)
        throw new StageFileError(
          `${place}: metadata.name: ${before} is called ${JSON.stringify(stage.name)} already`,
        );
      known.set(stage.name, place);
      stages.push(stage);
    }
  }
  return stages;
}

/** `place`: "stages.yaml, document 2 (line 14)". */
function stagesIn(text: string, path: string): { stage: Stage; place: string }[] {
  return parseYamlDocuments(text).map((document, i) => {
    const place = `${path}, document ${i + 1} (line ${document.line})`;
    if ('error' in document) throw new StageFileError(`${place}: ${document.error}`);
    try {
      return { stage: stageOf(new Fields(document.value)), place };
    } catch (error) {
      if (error instanceof FieldFault) throw new StageFileError(`${place}: ${error.message}`);
      throw error;
    }
  });
}

function stageOf(fields: Fields): Stage {
  if (fields.neededText('apiVersion') !== STAGE_VERSION)
    fields.fail('apiVersion', `must be ${STAGE_VERSION}`);
  if (fields.neededText('kind') !== 'Stage') fields.fail('kind', 'must be Stage');
  const metadata = fields.object('metadata') ?? fields.fail('metadata', 'is needed');
  const name = metadata.neededText('name');
  metadata.done();
  const spec = fields.object('spec') ?? fields.fail('spec', 'is needed');
  fields.done();
  const kind = kindOf(spec.object('resourceRef') ?? spec.fail('resourceRef', 'is needed'));
  const selector = selectorOf(spec.object('selector'));
  const weight = spec.whole('weight', { min: 1, max: MAX_WEIGHT }) ?? 1;
  const delay = delayOf(spec.object('delay'));
  const next = nextOf(spec.object('next') ?? spec.fail('next', 'is needed'), kind);
  spec.done();
  return { name, kind, selector, weight, delay, next };
}

function kindOf(reference: Fields): Stage['kind'] {
  const kind = reference.choice('kind', ['Pod', 'Node']) ?? reference.fail('kind', 'is needed');
  reference.choice('apiGroup', ['', 'v1']);
  reference.done();
  return kind;
}

function selectorOf(fields: Fields | undefined): StageSelector {
  const matchNamespaces = fields?.texts('matchNamespaces');
  const selector = {
    matchLabels: fields?.map('matchLabels') ?? {},
    matchAnnotations: fields?.map('matchAnnotations') ?? {},
    matchExpressions: (fields?.objects('matchExpressions') ?? []).map(expressionOf),
    ...(matchNamespaces === undefined ? {} : { matchNamespaces }),
  };
  fields?.done();
  return selector;
}

function expressionOf(fields: Fields): FieldExpression {
  const key = fields.neededText('key');
  const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;
  const operator = fields.choice('operator', operators) ?? fields.fail('operator', 'is needed');
  const values = fields.texts('values') ?? [];
  const listed = operator === 'In' || operator === 'NotIn';
  if (listed && values.length === 0) fields.fail('values', `is needed with ${operator}`);
  if (!listed && values.length > 0) fields.fail('values', `may not be set with ${operator}`);
  fields.done();
  try {
    return { steps: parseSteps(key), operator, values };
  } catch (error) {
    return fields.fail('key', (error as Error).message);
  }
}

function delayOf(fields: Fields | undefined): Stage['delay'] {
  const limits = { max: MAX_MS };
  const delay = {
    durationMs: fields?.whole('durationMilliseconds', limits) ?? 0,
    jitterMs: fields?.whole('jitterDurationMilliseconds', limits) ?? 0,
  };
  fields?.done();
  return delay;
}

function nextOf(fields: Fields, kind: Stage['kind']): StageNext {
  const only = (name: string, of: Stage['kind']): void => {
    if (fields.has(name) && kind !== of) fields.fail(name, `is for stages of ${of}s`);
  };
  only('containers', 'Pod');
  only('heartbeats', 'Node');
  const next = {
    event: eventOf(fields.object('event')),
    labels: fields.map('labels', true),
    annotations: fields.map('annotations', true),
    finalizers: finalizersOf(fields.object('finalizers')),
    containers: fields.objects('containers')?.map(actOf),
    status: statusOf(fields, kind),
    heartbeats: fields.flag('heartbeats'),
    delete: fields.flag('delete'),
  };
  fields.done();
  const set = Object.entries(next).filter(([, value]) => value !== undefined);
  if (set.length === 0) fields.fail('', 'says nothing that is to happen');
  return Object.fromEntries(set);
}

/** Containers end by `containers`; of a pod as a whole only its failure can be said. */
function statusOf(fields: Fields, kind: Stage['kind']): StageNext['status'] {
  const status = fields.free('status');
  if (kind === 'Pod' && status?.['phase'] !== undefined && status['phase'] !== 'Failed')
    fields.fail('status.phase', 'must be Failed: other phases follow from the containers');
  const conditions = status?.['conditions'];
  const typed = (each: unknown): boolean =>
    typeof (each as { type?: unknown } | null)?.type === 'string';
  if (conditions !== undefined && !(Array.isArray(conditions) && conditions.every(typed)))
    fields.fail('status.conditions', 'must be a list of conditions with a type each');
  return status;
}

function eventOf(fields: Fields | undefined): StageNext['event'] {
  if (fields === undefined) return undefined;
  const event = {
    type: fields.choice('type', ['Normal', 'Warning']) ?? 'Normal',
    reason: fields.neededText('reason'),
    message: fields.text('message') ?? '',
  };
  fields.done();
  return event;
}

function finalizersOf(fields: Fields | undefined): StageNext['finalizers'] {
  if (fields === undefined) return undefined;
  const finalizers = {
    add: fields.texts('add') ?? [],
    remove: fields.texts('remove') ?? [],
    empty: fields.flag('empty') ?? false,
  };
  fields.done();
  return finalizers;
}

function actOf(fields: Fields): ContainerAct {
  const name = fields.text('name');
  const exit = fields.object('exit');
  const ready = fields.flag('ready');
  if ((exit === undefined) === (ready === undefined)) fields.fail('', 'needs either exit or ready');
  fields.done();
  const named = name === undefined ? {} : { name };
  if (exit === undefined) return { ...named, ready: ready! };
  const reason = exit.text('reason');
  const message = exit.text('message');
  const code = exit.whole('code', { max: 255 }) ?? exit.fail('code', 'is needed');
  exit.done();
  return {
    ...named,
    exit: {
      code,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    },
  };
}
