import type { Mutable } from '../../../api/meta.ts';
import type { Event as CoreEvent, ObjectReference } from '../../../api/types/core-v1.ts';
import type { Event } from '../../../api/types/events-v1.ts';
import { dns1123Subdomain } from '../../../api/validation/names.ts';
import type { ResourceDeclaration } from '../declaration.ts';
import { check } from './checks.ts';
import { event, validateEventUpdate, validateNewEvent } from './event.ts';

/** By the name in events.k8s.io, the name in the core group. */
const renamed = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
} as const;

function rename(object: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  const fields = Object.entries(object) as [string, unknown][];
  return Object.fromEntries(fields.map(([name, value]) => [names[name] ?? name, value]));
}

const toNew = Object.fromEntries(Object.entries(renamed).map(([now, old]) => [old, now]));

/** Go writes these of an event of the core group even when they are empty, and not of these. */
const omitted = ['reportingController', 'reportingInstance'];

function fromStored(object: CoreEvent): Mutable<Event> {
  const seen = rename(object, toNew);
  for (const field of omitted) if (seen[field] === '') delete seen[field];
  return seen as unknown as Mutable<Event>;
}

function toStored(object: Event): Mutable<CoreEvent> {
  const stored = rename(object, renamed);
  stored['involvedObject'] ??= {};
  return stored as unknown as Mutable<CoreEvent>;
}

const regarding =
  (field: keyof ObjectReference) =>
  (object: Event): string =>
    object.regarding?.[field] ?? '';

/** The same events in the words of events.k8s.io, where new-style clients write them. */
export const eventV1 = {
  type: {
    group: 'events.k8s.io',
    version: 'v1',
    resource: 'events',
    kind: 'Event',
    namespaced: true,
  },
  singular: 'event',
  shortNames: event.shortNames,
  view: {
    of: event,
    fromStored,
    toStored,
    validateNew(object) {
      const { name = '' } = object.metadata;
      const errors = name === '' ? [] : check(dns1123Subdomain, name, 'metadata.name');
      return [...errors, ...validateNewEvent(toStored(object))];
    },
    validateUpdate: validateEventUpdate,
  },
  selectableFields: {
    'regarding.kind': regarding('kind'),
    'regarding.namespace': regarding('namespace'),
    'regarding.name': regarding('name'),
    'regarding.uid': regarding('uid'),
    'regarding.apiVersion': regarding('apiVersion'),
    'regarding.resourceVersion': regarding('resourceVersion'),
    'regarding.fieldPath': regarding('fieldPath'),
    reason: ({ reason }) => reason ?? '',
    reportingController: ({ reportingController }) => reportingController ?? '',
    type: ({ type }) => type ?? '',
  },
  printer: {
    columns: event.printer.columns,
    cells: (object, nowMs) => event.printer.cells(toStored(object), nowMs),
  },
} satisfies ResourceDeclaration<Event>;
