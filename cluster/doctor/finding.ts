/** What `wherry doctor` says of one thing it looked at. */
export interface Finding {
  readonly verdict: 'ok' | 'warning' | 'failed';
  /** "store quorum" */
  readonly what: string;
  /** One line: what was seen and, unless it is ok, what to do. */
  readonly says: string;
}

export const ok = (what: string, says: string): Finding => ({ verdict: 'ok', what, says });
export const warning = (what: string, says: string): Finding => ({
  verdict: 'warning',
  what,
  says,
});
export const failed = (what: string, says: string): Finding => ({ verdict: 'failed', what, says });

/** Rejects after `ms`, naming the time; what was waited for goes on by itself. */
export async function within<T>(
  clock: { after(ms: number, fn: () => void): { cancel(): void } },
  ms: number,
  work: Promise<T>,
): Promise<T> {
  let timer: { cancel(): void } | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = clock.after(ms, () => reject(new Error(`no answer within ${ms / 1000} s`)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer?.cancel();
  }
}
