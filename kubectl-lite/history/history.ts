import { humanDuration } from '../../api/duration.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { parseTime } from '../../api/time.ts';
import { command } from '../command.ts';
import { boolean, integer } from '../flags/flag.ts';
import { coloured } from '../printers/colour.ts';
import { goJson } from '../../api/go-json.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { type Located, titleOf } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { type Author, authorsOf, type Change, changesBetween } from './changes.ts';
import { type Past, pastOf } from './past.ts';

/** Each state is a request: a status that changes every second must not make thousands. */
const DEFAULT_LIMIT = 100;
/** A value longer than this is cut in the middle of a line, unless it is asked for. */
const MAX_VALUE = 100;

const historyFlags = {
  full: boolean('Show changed values in full length'),
  limit: integer('States to go back at most', { value: DEFAULT_LIMIT }),
  status: boolean('Show changes of the status, too'),
} as const;

interface ShowFlags {
  readonly full: boolean;
  readonly status: boolean;
}

export const history = command({
  usage: '(TYPE NAME | TYPE/NAME) [options]',
  flags: historyFlags,
  async run(session, { words, flags }) {
    if (flags.limit < 1) throw new UsageError('--limit must be at least 1');
    const found = await locate(session, { words });
    return visitLive(session, found, async (located, live) => {
      const past = await pastOf(session, located, { newest: live, limit: flags.limit });
      session.print(coloured(session, 'bold', titleOf(located)));
      const shown = printStates(session, located, { past, flags });
      for (const line of ending(past, shown)) session.print(line);
    });
  },
});

interface Showing {
  readonly past: Past;
  readonly flags: ShowFlags;
}

/** Oldest first, as a story is told; returns how many states had nothing to show. */
function printStates(session: Session, located: Located, { past, flags }: Showing): number {
  let silent = 0;
  const states = past.states.toReversed();
  states.forEach((state, at) => {
    const before = states[at - 1];
    const changes =
      before === undefined
        ? []
        : changesBetween(before, state).filter(({ path }) => flags.status || !isStatus(path));
    if (before !== undefined && changes.length === 0) {
      silent++;
      return;
    }
    const first = past.begin === 'created' ? 'created' : 'as it was';
    session.print(headline(session, state, { before, note: before === undefined ? first : '' }));
    for (const change of changes)
      session.print(`  ${changeText(session, located, { change, flags })}`);
  });
  return silent;
}

const isStatus = (path: string): boolean => path === 'status' || path.startsWith('status.');

function headline(
  session: Session,
  state: KubernetesObject,
  { before, note }: { readonly before: KubernetesObject | undefined; readonly note: string },
): string {
  const authors = authorsOf(before, state);
  const time = authors
    .map((author) => author.time ?? '')
    .sort()
    .at(-1);
  const at = parseTime(
    time || (before === undefined ? (state.metadata.creationTimestamp ?? '') : ''),
  );
  const age = at === undefined ? 'some time' : humanDuration(session.clock.now() - at);
  const revision = coloured(session, 'yellow', `revision ${state.metadata.resourceVersion}`);
  const when = time ? ` (${time})` : '';
  const who = authors.length === 0 ? 'by nobody recorded' : `by ${authorsText(authors)}`;
  return `${revision}  ${age} ago${when}  ${who}${note === '' ? '' : `  ${note}`}`;
}

function authorsText(authors: readonly Author[]): string {
  const texts = authors.map(({ manager, subresource }) =>
    subresource === undefined ? manager : `${manager} (${subresource})`,
  );
  return [...new Set(texts)].join(', ');
}

function changeText(
  session: Session,
  { type }: Located,
  { change, flags }: { readonly change: Change; readonly flags: ShowFlags },
): string {
  const { path, before, after } = change;
  // A history is often shown to others: that a secret changed is enough.
  const secret = type.kind === 'Secret' && /^(data|stringData)\b/.test(path);
  const text = (value: unknown): string => (secret ? '***' : valueText(value, flags.full));
  if (before === undefined) return `${coloured(session, 'green', '+')} ${path}: ${text(after)}`;
  if (after === undefined) return `${coloured(session, 'red', '-')} ${path}: ${text(before)}`;
  return `${coloured(session, 'cyan', '~')} ${path}: ${text(before)} → ${text(after)}`;
}

function valueText(value: unknown, full: boolean): string {
  const text = typeof value === 'string' ? value.trimEnd() : goJson(value);
  const line = full ? text : text.replaceAll('\n', '⏎');
  return full || line.length <= MAX_VALUE ? line : `${line.slice(0, MAX_VALUE - 1)}…`;
}

function ending({ begin, states }: Past, silent: number): string[] {
  const lines: string[] = [];
  if (silent > 0) {
    const what = silent === 1 ? '1 write' : `${silent} writes`;
    lines.push(`${what} changed nothing but the status (--status shows it)`);
  }
  if (begin === 'forgotten') {
    lines.push('What was before is forgotten: the store compacts its history every few minutes');
  }
  if (begin === 'limit')
    lines.push(`There may be more: these are the last ${states.length} (--limit)`);
  return lines;
}
