import { formatTime } from '../../api/time.ts';

const days = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const DAY_MS = 86_400_000;

/** As `date` says it, in UTC: "Sat Nov 21 20:38:58 UTC 2026", or by a format like "+%F %T". */
export function dateText(nowMs: number, words: readonly string[]): string {
  const format = words.find((word) => word.startsWith('+'))?.slice(1) ?? '%a %b %e %T UTC %Y';
  const iso = formatTime(nowMs);
  const [, Y = '', m = '', d = '', H = '', M = '', S = ''] =
    /^(\d+)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/.exec(iso) ?? [];
  const parts: Readonly<Record<string, string>> = {
    Y,
    m,
    d,
    H,
    M,
    S,
    Z: 'UTC',
    z: '+0000',
    n: '\n',
    '%': '%',
    e: String(Number(d)).padStart(2),
    a: days[Math.floor(nowMs / DAY_MS) % 7]!,
    b: months[Number(m) - 1]!,
    F: `${Y}-${m}-${d}`,
    T: `${H}:${M}:${S}`,
    s: String(Math.floor(nowMs / 1000)),
  };
  return format.replace(/%(.)/g, (whole, name: string) => parts[name] ?? whole);
}
