import { humanDuration } from '../../api/duration.ts';
import type { Event } from '../../api/types/core-v1.ts';
import { parseTime } from '../../api/time.ts';
import { command } from '../command.ts';
import { boolean, integer, list, text } from '../flags/flag.ts';
import { observe } from '../get/watch.ts';
import { outputFlags } from '../printers/change-printer.ts';
import {
  noPrinter,
  objectFormats,
  type ObjectPrinter,
  objectPrinter,
} from '../printers/printer.ts';
import { cellColours } from '../printers/cell-colours.ts';
import { TableWriter } from '../printers/table.ts';
import { allNamespacesFlag } from '../resource/flags.ts';
import { CHUNK_SIZE, listItems } from '../resource/list.ts';
import { targetsOf } from '../resource/words.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

const eventsFlags = {
  ...outputFlags,
  ...allNamespacesFlag,
  'chunk-size': integer('Objects per request; 0 asks for all at once', { value: CHUNK_SIZE }),
  for: text('Only events about this object, as TYPE/NAME'),
  'no-headers': boolean('Print no headers'),
  types: list('Only events of these types: Normal, Warning'),
  watch: boolean('Go on with what happens', { shorthand: 'w' }),
} as const;

interface Selection {
  readonly path: string;
  readonly fieldSelector: string;
  keeps(event: Event): boolean;
}

export const events = command({
  usage: '[(-o|--output=)json|yaml|name|go-template|...] [--for TYPE/NAME] [--watch] [options]',
  flags: eventsFlags,
  interrupted: 1,
  async run(session, { flags }) {
    const print = await objectPrinter(session.files, flags);
    if (print === undefined && !['', 'name'].includes(flags.output)) {
      throw noPrinter(flags.output, objectFormats);
    }
    const selection = await selectionOf(session, flags);
    const writer = new EventWriter(session, { ...flags, noHeaders: flags['no-headers'], print });
    if (flags.watch) return watchEvents(session, selection, writer);
    const found = await listItems<Event>(session, { ...selection, limit: flags['chunk-size'] });
    const kept = found.filter((event) => selection.keeps(event)).sort(byLastSeen);
    if (kept.length === 0) {
      const where = flags['all-namespaces'] ? '' : ` in ${session.namespace} namespace`;
      session.complain(`No events found${where}.`);
      return 0;
    }
    writer.all(kept);
    return 0;
  },
});

async function selectionOf(
  session: Session,
  flags: { readonly for: string; readonly types: readonly string[]; 'all-namespaces': boolean },
): Promise<Selection> {
  for (const type of flags.types) {
    if (!['normal', 'warning'].includes(type.toLowerCase())) {
      throw new UsageError(`valid --types are Normal or Warning`);
    }
  }
  const path = flags['all-namespaces']
    ? '/api/v1/events'
    : `/api/v1/namespaces/${session.namespace}/events`;
  const types = flags.types.map((type) => type.toLowerCase());
  const keeps = (event: Event): boolean =>
    types.length === 0 || types.includes((event.type ?? '').toLowerCase());
  if (flags.for === '') return { path, fieldSelector: '', keeps };
  if (!/^[^ ]+[/ ]./.test(flags.for)) throw new UsageError('--for must be in resource/name form');
  const targets = targetsOf(await session.resources(), flags.for.split(/(?<=^[^/]*) /));
  const { type, name } = targets[0]!;
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  const fieldSelector =
    `involvedObject.kind=${type.kind},involvedObject.apiVersion=${apiVersion},` +
    `involvedObject.name=${name}`;
  return { path, fieldSelector, keeps };
}

async function watchEvents(
  session: Session,
  selection: Selection,
  writer: EventWriter,
): Promise<number> {
  const { path, fieldSelector } = selection;
  const watched = {
    path,
    query: { fieldSelector },
    accept: 'application/json',
    async list() {
      const query = { fieldSelector };
      const answer = (await session.api.send({ method: 'GET', path, query })) as {
        items: Event[] | null;
        metadata: { resourceVersion: string };
      };
      const { resourceVersion } = answer.metadata;
      return { resourceVersion, parts: [...(answer.items ?? [])].sort(byLastSeen) };
    },
    versionOf(part: unknown) {
      const { metadata } = part as Event;
      const { namespace = '', name = '', resourceVersion = '' } = metadata;
      return { key: `${namespace}/${name}`, resourceVersion };
    },
  };
  const first = await watched.list();
  writer.all(first.parts.filter((event) => selection.keeps(event)));
  for await (const { type, object } of observe(session, watched, first)) {
    const event = object as Event;
    if (type !== 'DELETED' && selection.keeps(event)) writer.all([event], true);
  }
  return 0;
}

const timeOf = (event: Event): string =>
  event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? '';

const byLastSeen = (a: Event, b: Event): number =>
  (parseTime(timeOf(a)) ?? 0) - (parseTime(timeOf(b)) ?? 0);

interface WriterOptions {
  readonly output: string;
  readonly 'all-namespaces': boolean;
  readonly noHeaders: boolean;
  readonly print: ObjectPrinter | undefined;
}

class EventWriter {
  readonly #session: Session;
  readonly #options: WriterOptions;
  readonly #table = new TableWriter();
  #headers: boolean;

  constructor(session: Session, options: WriterOptions) {
    this.#session = session;
    this.#options = options;
    this.#headers = !options.noHeaders;
  }

  /** `apart`: each as an object of its own, as a watch prints them. */
  all(events: readonly Event[], apart = false): void {
    const { print, output } = this.#options;
    const whole = events.map((event) => ({ ...event, apiVersion: 'v1', kind: 'Event' }));
    if (output === 'name') {
      for (const { metadata } of events) this.#session.print(`event/${metadata.name}`);
    } else if (print === undefined) this.#rows(events);
    else if (apart) for (const event of whole) this.#session.output.out(print(event));
    else {
      const list = { apiVersion: 'v1', items: whole, kind: 'EventList', metadata: {} };
      this.#session.output.out(print(list));
    }
  }

  #rows(events: readonly Event[]): void {
    const withNamespace = this.#options['all-namespaces'];
    const own = ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'];
    const header = withNamespace ? ['NAMESPACE', ...own] : own;
    this.#table.paint = cellColours(this.#session, header);
    const rows = events.map((event) => this.#cells(event));
    const lines = this.#headers ? [header, ...rows] : rows;
    this.#headers = false;
    for (const line of this.#table.lines(lines)) this.#session.print(line);
  }

  #cells(event: Event): string[] {
    const { kind = '', name = '' } = event.involvedObject;
    const cells = [
      lastSeen(event, this.#session.clock.now()),
      event.type ?? '',
      event.reason ?? '',
      `${kind}/${name}`,
      (event.message ?? '').trim(),
    ];
    return this.#options['all-namespaces'] ? [event.metadata.namespace ?? '', ...cells] : cells;
  }
}

/** "5m", or of what happened again and again "5m (x3 over 12m)". */
function lastSeen(event: Event, nowMs: number): string {
  const ago = (time: string | undefined): string => {
    const at = parseTime(time ?? '');
    return at === undefined ? '<unknown>' : humanDuration(nowMs - at);
  };
  const first = event.firstTimestamp ?? event.eventTime;
  const count = event.series?.count ?? event.count ?? 0;
  if (event.series !== undefined) return `${ago(timeOf(event))} (x${count} over ${ago(first)})`;
  if (count > 1) return `${ago(event.lastTimestamp)} (x${count} over ${ago(first)})`;
  return ago(first);
}
