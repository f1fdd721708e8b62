import { deepEqual } from '../../../api/deep.ts';
import { type FieldError, invalid, required } from '../../../api/field-errors.ts';
import { events } from '../../../api/resources.ts';
import type { Event, ObjectReference } from '../../../api/types/core-v1.ts';
import { qualifiedName } from '../../../api/validation/names.ts';
import {
  validateImmutable,
  validateObjectMetaUpdate,
} from '../../../api/validation/object-meta.ts';
import type { ResourceDeclaration, TablePrinter } from '../declaration.ts';
import { column, nameColumn, since, UNKNOWN, wideColumn } from './cells.ts';
import { check } from './checks.ts';

const MAX_FIELD_LENGTH = 128;
const MAX_MESSAGE_LENGTH = 1024;

/** An empty `regarding` namespace means a cluster-scoped object, whose events live in default. */
function validate(event: Event): FieldError[] {
  if (event.eventTime) return validateNewStyle(event, 'reportingComponent');
  return validateNamespace(event, ['', 'default']);
}

/** A new event written as one of events.k8s.io, where the old generation's fields are refused. */
export function validateNewEvent(event: Event): FieldError[] {
  const errors = event.eventTime
    ? validateNewStyle(event, 'reportingController')
    : validateNamespace(event, ['', 'default']);
  const { type = '' } = event;
  errors.push(...validateSeries(event));
  if (!event.eventTime) errors.push(required('eventTime'));
  if (type !== 'Normal' && type !== 'Warning')
    errors.push(invalid('type', '', `has invalid value: ${type}`));
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count'] as const)
    if (event[field]) errors.push(invalid(field, '', 'needs to be unset'));
  if (event.source?.component || event.source?.host)
    errors.push(invalid('source', '', 'needs to be unset'));
  return errors;
}

const fixed = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const;

const textFields = new Set(['reason', 'message', 'type', 'action', 'reportingInstance']);

/** Through events.k8s.io only the series of an event goes on. */
export function validateEventUpdate(event: Event, old: Event): FieldError[] {
  const errors = event.eventTime
    ? validateNewStyle(event, 'reportingController')
    : validateNamespace(event, ['', 'default']);
  errors.push(...validateObjectMetaUpdate(event.metadata, old.metadata));
  if (!deepEqual(event.series, old.series)) errors.push(...validateSeries(event));
  return [
    ...errors,
    ...fixed.flatMap((field) => {
      const name = field === 'reportingComponent' ? 'reportingController' : field;
      const empty = textFields.has(name) || name === 'reportingController' ? '' : undefined;
      return validateImmutable(event[field] ?? empty, old[field] ?? empty, name);
    }),
  ];
}

function validateSeries({ series }: Event): FieldError[] {
  if (series === undefined) return [];
  const errors: FieldError[] = [];
  if ((series.count ?? 0) < 2) errors.push(invalid('series.count', '', 'should be at least 2'));
  if (!series.lastObservedTime) errors.push(required('series.lastObservedTime'));
  return errors;
}

function validateNamespace(event: Event, homes: readonly string[]): FieldError[] {
  const own = event.metadata.namespace ?? '';
  const regarded = event.involvedObject?.namespace ?? '';
  const agrees = regarded === '' ? homes.includes(own) : event.eventTime || own === regarded;
  if (agrees) return [];
  return [invalid('involvedObject.namespace', regarded, 'does not match event.namespace')];
}

/** Events of the events.k8s.io generation are recognised by `eventTime`. */
function validateNewStyle(event: Event, controller: string): FieldError[] {
  const errors = validateNamespace(event, ['default', 'kube-system']);
  const component = event.reportingComponent ?? '';
  if (component === '') errors.push(required(controller));
  errors.push(...check(qualifiedName, component, controller));
  for (const field of ['reportingInstance', 'action', 'reason'] as const) {
    const value = event[field] ?? '';
    if (value === '') errors.push(required(field));
    if (value.length > MAX_FIELD_LENGTH) {
      errors.push(invalid(field, '', `can have at most ${MAX_FIELD_LENGTH} characters`));
    }
  }
  if ((event.message ?? '').length > MAX_MESSAGE_LENGTH) {
    errors.push(invalid('message', '', `can have at most ${MAX_MESSAGE_LENGTH} characters`));
  }
  return errors;
}

function lastSeen(event: Event, nowMs: number): string {
  if (event.series) return since(event.series.lastObservedTime, nowMs);
  return event.lastTimestamp ? since(event.lastTimestamp, nowMs) : firstSeen(event, nowMs);
}

function firstSeen(event: Event, nowMs: number): string {
  return since(event.firstTimestamp || event.eventTime, nowMs);
}

function source({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}

function regarded({ kind = '', name = '' }: ObjectReference): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

const printer: TablePrinter<Event> = {
  columns: [
    column('Last Seen'),
    column('Type'),
    column('Reason'),
    column('Object'),
    wideColumn('Subobject'),
    wideColumn('Source'),
    column('Message'),
    wideColumn('First Seen'),
    wideColumn('Count'),
    { ...nameColumn, priority: 1 },
  ],
  cells: (event, nowMs) => [
    lastSeen(event, nowMs),
    event.type ?? '',
    event.reason ?? '',
    regarded(event.involvedObject ?? {}),
    event.involvedObject?.fieldPath ?? '',
    source(event),
    (event.message ?? '').trim(),
    firstSeen(event, nowMs),
    event.series?.count || event.count || 1,
    event.metadata.name ?? UNKNOWN,
  ],
};

const involved =
  (field: keyof ObjectReference) =>
  (event: Event): string =>
    event.involvedObject?.[field] ?? '';

export const event = {
  type: events,
  singular: 'event',
  shortNames: ['ev'],
  ttlSeconds: 3600,
  nameRule: 'pathSegment',
  allowCreateOnUpdate: true,
  validate,
  selectableFields: {
    'involvedObject.kind': involved('kind'),
    'involvedObject.namespace': involved('namespace'),
    'involvedObject.name': involved('name'),
    'involvedObject.uid': involved('uid'),
    'involvedObject.apiVersion': involved('apiVersion'),
    'involvedObject.resourceVersion': involved('resourceVersion'),
    'involvedObject.fieldPath': involved('fieldPath'),
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || '',
    type: ({ type }) => type ?? '',
  },
  printer,
} satisfies ResourceDeclaration<Event>;
