/** A message that is made while it leaves. Nobody writes to a part that was given. */
export interface LongMessage {
  /** Of all parts together. */
  readonly length: number;
  readonly parts: Iterator<Uint8Array>;
  /** Of the pairs that are answered about, as a range counts them. */
  readonly count?: number;
}

/** For who needs it at once. */
export function wholeMessage(message: Buffer | LongMessage): Buffer {
  if (message instanceof Uint8Array) return message;
  const parts: Uint8Array[] = [];
  for (let part = message.parts.next(); part.done !== true; part = message.parts.next())
    parts.push(part.value);
  return Buffer.concat(parts, message.length);
}
