import { integer, text } from '../flags/flag.ts';

export const atFlags = {
  at: text('Read what was there at this time: "5m-ago", or 2026-11-21T11:00:00Z'),
  'at-revision': integer('Read what was there at this revision of the store'),
} as const;
