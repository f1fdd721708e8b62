/** What takes milliseconds takes seconds on a busy machine; a test's own limit is a minute. */
const WITHIN_MS = 50_000;
const ASK_AGAIN_MS = 5;

/** Asks until the answer is neither false nor undefined, and gives it; else fails, naming what never came. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>;
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
