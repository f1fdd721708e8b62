import type { HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import type { Member } from '../server/interface.ts';

/** Answers to /health so far. */
export interface HealthCounts {
  successes: number;
  failures: number;
}

const alarmNames = { noSpace: 'NOSPACE', corrupt: 'CORRUPT' } as const;
const PROBE_KEY = 'health';

const json = (status: number, value: object): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(value)),
});

export const text = (status: number, body: string): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: Buffer.from(body),
});

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/**
 * GET /health. `serializable=true` leaves the leader out of it. `exclude` names alarms not to
 * count.
 */
export async function health(
  member: Member,
  request: HttpRequest,
  counts: HealthCounts,
): Promise<HttpResponse> {
  const response = await healthOf(member, request);
  if (response.status === 200) counts.successes++;
  else counts.failures++;
  return response;
}

async function healthOf(member: Member, request: HttpRequest): Promise<HttpResponse> {
  const serializable = request.query.get('serializable') === 'true';
  const unhealthy = (reason: string): HttpResponse => json(503, { health: 'false', reason });
  try {
    const excluded = request.query.getAll('exclude');
    const alarm = member.maintenance
      .standing()
      .map((each) => alarmNames[each.alarm])
      .find((name) => !excluded.includes(name));
    if (alarm !== undefined) return unhealthy(`ALARM ${alarm}`);
    if (!serializable && (await member.status()).leader === '0') return unhealthy('RAFT NO LEADER');
    await member.range({ key: PROBE_KEY, serializable });
    return json(200, { health: 'true', reason: '' });
  } catch (error) {
    return unhealthy(`RANGE ERROR:${messageOf(error)}`);
  }
}

type Check = (member: Member) => Promise<unknown>;

const checks = {
  data_corruption: async (member) => {
    const corrupt = member.maintenance.standing().some(({ alarm }) => alarm === 'corrupt');
    if (corrupt) throw new Error('alarm activated: CORRUPT');
  },
  serializable_read: (member) => member.range({ key: PROBE_KEY, serializable: true }),
  linearizable_read: (member) => member.range({ key: PROBE_KEY }),
  non_learner: async (member) => {
    if ((await member.status()).isLearner) throw new Error('not supported for learner');
  },
} satisfies Record<string, Check>;

type CheckName = keyof typeof checks;

const probes: Readonly<Record<'livez' | 'readyz', readonly CheckName[]>> = {
  livez: ['serializable_read'],
  readyz: ['data_corruption', 'serializable_read', 'linearizable_read', 'non_learner'],
};

async function report(member: Member, name: CheckName): Promise<{ line: string; ok: boolean }> {
  try {
    await checks[name](member);
    return { line: `[+]${name} ok\n`, ok: true };
  } catch (error) {
    return { line: `[-]${name} failed: ${messageOf(error)}\n`, ok: false };
  }
}

/** GET /livez, /readyz and /readyz/<check>; undefined if there is no such check. */
export async function probe(
  member: Member,
  request: HttpRequest,
): Promise<HttpResponse | undefined> {
  const [, name, only, ...rest] = request.path.split('/');
  if ((name !== 'livez' && name !== 'readyz') || rest.length > 0) return undefined;
  const excluded = new Set(request.query.getAll('exclude'));
  const names = probes[name].filter((check) => only === undefined || check === only);
  if (names.length === 0) return undefined;
  const reports = await Promise.all(
    names.filter((check) => !excluded.has(check)).map((check) => report(member, check)),
  );
  const lines = reports.map(({ line }) => line).join('');
  if (!reports.every(({ ok }) => ok)) return text(503, lines);
  return text(200, request.query.has('verbose') ? lines : 'ok');
}
