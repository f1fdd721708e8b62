/**
 * Runs `count` calls in batches of 1, 2, 4, … and stops after the first batch with a failure, so
 * that a quota or a broken webhook is asked once, not a thousand times.
 */
export async function slowStart(
  count: number,
  call: () => Promise<void>,
): Promise<{ readonly succeeded: number; readonly error?: Error }> {
  let succeeded = 0;
  for (let size = 1; succeeded < count; size *= 2) {
    const batch = Math.min(size, count - succeeded);
    const results = await Promise.allSettled(Array.from({ length: batch }, call));
    let error: Error | undefined;
    for (const result of results) {
      if (result.status === 'fulfilled') succeeded++;
      else error ??= result.reason as Error;
    }
    if (error !== undefined) return { succeeded, error };
  }
  return { succeeded };
}
