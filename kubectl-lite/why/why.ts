import { humanDuration } from '../../api/duration.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { parseTime } from '../../api/time.ts';
import type { Event, ResourceQuota } from '../../api/types/core-v1.ts';
import { command } from '../command.ts';
import { coloured } from '../printers/colour.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { type Located, titleOf } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { type Family, familyOf } from '../tree/family.ts';
import { readinessOf } from '../tree/readiness.ts';
import { Evidence } from './evidence.ts';
import { claimsOf, explained } from './explain.ts';
import { type Finding, titled } from './finding.ts';
import { quotaFindings } from './quota.ts';

/** Pods of one owner that fail alike are told once, with how many there are. */
const MAX_EVENTS = 8;

export const why = command({
  usage: '(TYPE NAME | TYPE/NAME) [options]',
  flags: {},
  async run(session, { words }) {
    const found = await locate(session, { words });
    return visitLive(session, found, async (located, live) => {
      const family = subtree(await familyOf(session, located, live), live) ?? {
        member: located,
        object: live,
        children: [],
      };
      const evidence = new Evidence(session);
      const inFamily = current(flattened(family));
      const members = [...inFamily, ...(await claimsOf(evidence, inFamily))];
      const findings = await findingsAbout(evidence, located, members);
      const events = await warningsAbout(evidence, located, members);
      print(session, { located, live, findings, events });
    });
  },
});

/** The part of the family that is the object and what is below it. */
function subtree(family: Family, { metadata }: KubernetesObject): Family | undefined {
  if (family.object.metadata.uid === metadata.uid) return family;
  for (const child of family.children) {
    const found = subtree(child, { metadata } as KubernetesObject);
    if (found !== undefined) return found;
  }
  return undefined;
}

function flattened(family: Family): KubernetesObject[] {
  return [family.object, ...family.children.flatMap(flattened)];
}

/** Old ReplicaSets that are scaled to nothing, and pods that did their work, explain nothing. */
function current(members: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return members.filter((object) => {
    const { spec } = object as { spec?: { replicas?: number } };
    if (object.kind === 'ReplicaSet') return spec?.replicas !== 0;
    return object.kind !== 'EndpointSlice' && object.kind !== 'ControllerRevision';
  });
}

async function findingsAbout(
  evidence: Evidence,
  { namespace }: Located,
  members: readonly KubernetesObject[],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const member of members) found.push(...(await explained(evidence, member)));
  if (namespace !== undefined) {
    const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
    found.push(...quotaFindings(await evidence.list<ResourceQuota>(path)));
  }
  return found;
}

async function warningsAbout(
  evidence: Evidence,
  { namespace }: Located,
  members: readonly KubernetesObject[],
): Promise<readonly Event[]> {
  const path =
    namespace === undefined ? '/api/v1/events' : `/api/v1/namespaces/${namespace}/events`;
  const uids = new Set(members.map(({ metadata }) => metadata.uid));
  const names = new Set(members.map(titled));
  const all = await evidence.list<Event>(path);
  const about = all.filter(({ type, involvedObject: { uid, kind, name } }) => {
    // Events of nodes carry the node's name as uid.
    const same = uids.has(uid) || (kind === 'Node' && names.has(`${kind}/${name}`));
    return type === 'Warning' && same;
  });
  return about.sort((a, b) => lastSeen(b) - lastSeen(a));
}

const lastSeen = (event: Event): number =>
  parseTime(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? '') ?? 0;

interface Answer {
  readonly located: Located;
  readonly live: KubernetesObject;
  readonly findings: readonly Finding[];
  readonly events: readonly Event[];
}

function print(session: Session, { located, live, findings, events }: Answer): void {
  const { ready, status, healthy } = readinessOf(live);
  const state = [ready === '' ? '' : `${ready} ready`, status].filter((part) => part !== '');
  const title = coloured(session, 'bold', titleOf(located));
  session.print(state.length === 0 ? title : `${title}: ${state.join(', ')}`);
  if (findings.length === 0) {
    session.print(
      healthy === false
        ? '  It is not ready, and neither its conditions, events nor quotas say why.'
        : '  Nothing is wrong as far as its conditions, what it owns and its quotas say.',
    );
  }
  for (const { text, hint, abouts } of together(findings)) {
    const more = abouts.length > 2 ? ` and ${abouts.length - 1} more` : '';
    const shown = more === '' ? abouts.join(', ') : `${abouts[0]}${more}`;
    session.print(`  ${coloured(session, 'red', '✗')} ${shown}: ${text}`);
    if (hint !== undefined) session.print(`    ${coloured(session, 'cyan', '→')} ${hint}`);
  }
  const lines = eventLines(session, untold(events, findings));
  if (lines.length === 0) return;
  session.print('  Warnings:');
  for (const line of lines.slice(0, MAX_EVENTS)) session.print(`    ${line}`);
}

function together(
  findings: readonly Finding[],
): readonly { text: string; hint: string | undefined; abouts: readonly string[] }[] {
  const byText = new Map<string, { text: string; hint: string | undefined; abouts: string[] }>();
  for (const { about, text, hint } of findings) {
    const same = byText.get(text);
    if (same === undefined) byText.set(text, { text, hint, abouts: [about] });
    else same.abouts.push(about);
  }
  return [...byText.values()];
}

/** Events whose beginning a finding holds add nothing. */
const SAME_BEGINNING = 60;

/** What an event says, without the names and uids of the pods it says it of. */
const essence = (message: string): string =>
  message
    .replace(/^(\(combined from similar events\): )?(Error creating: )?/, '')
    .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])/g, '')
    .replace(/\([0-9a-f-]{36}\)/g, '');

function untold(events: readonly Event[], findings: readonly Finding[]): readonly Event[] {
  const told = findings.map(({ text }) => essence(text));
  return events.filter(({ reason, message = '' }) => {
    // A pod's condition holds the newest of these.
    if (reason === 'FailedScheduling') return false;
    const beginning = essence(message).slice(0, SAME_BEGINNING);
    return !told.some((text) => text.includes(beginning));
  });
}

/** The same warning about several objects is one line. */
function eventLines(session: Session, events: readonly Event[]): readonly string[] {
  const lines = new Map<string, string>();
  for (const event of events) {
    const key = `${event.reason} ${essence(event.message ?? '')}`;
    if (lines.has(key)) continue;
    const { kind = '', name = '' } = event.involvedObject;
    const age = humanDuration(session.clock.now() - lastSeen(event));
    const count = event.series?.count ?? event.count ?? 1;
    const times = count > 1 ? ` (x${count})` : '';
    lines.set(key, `${age} ago${times}  ${kind}/${name}  ${event.reason}: ${event.message ?? ''}`);
  }
  return [...lines.values()];
}
