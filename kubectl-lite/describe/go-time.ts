import { parseTime } from '../../api/time.ts';

const DAY_MS = 86_400_000;
const days = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const months = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
];

/** "Sat, 21 Nov 2026 12:12:35 +0000": times as kubectl describe prints them. */
export function goTime(text: string | undefined): string {
  const at = parseTime(text ?? '');
  if (text === undefined || at === undefined) return '<unset>';
  // 1970-01-01 was a Thursday.
  const day = days[((Math.floor(at / DAY_MS) % 7) + 7) % 7]!;
  const [year = '', month = '', date = ''] = text.slice(0, 10).split('-');
  return `${day}, ${date} ${months[Number(month) - 1]} ${year} ${text.slice(11, 19)} +0000`;
}
