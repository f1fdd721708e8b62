/** What gRPC says of a server that it could not connect to, for people. */

const NEVER_CONNECTED =
  /^No connection established\. Last error: (?:Error: )?(.*?)\.? Resolution note: ?(.*)$/s;
const UNRESOLVED = /^Name resolution failed for target (?:dns:)?\S+?(?:: (.*))?$/s;

/** `details` as it is where it speaks of something else. */
export function unreachable(details: string, endpoint: string): string {
  const [, why, note] = NEVER_CONNECTED.exec(details) ?? [];
  const unresolved = UNRESOLVED.exec(details);
  if (why === undefined && unresolved === null) return details;
  const reasons = [why, note, unresolved?.[1]].filter((text) => text !== undefined && text !== '');
  const said = reasons.length === 0 ? 'its name is not known' : reasons.join('; ');
  return `no store answers at ${endpoint} (${said}); is it running, and does --endpoints name it?`;
}
