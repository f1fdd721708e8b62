import { ConnectionError, errorCodes } from './errors.ts';

/** RFC 9113, section 6.5.2: those that a server sends or looks at. */
export const settingIds = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

const MAX_WINDOW_BYTES = 2 ** 31 - 1;
const MIN_FRAME_BYTES = 16_384;
const MAX_FRAME_BYTES = 2 ** 24 - 1;
/** A frame may repeat settings; nobody has reason to send so many. */
const MAX_SETTINGS = 64;

/** Throws {@link ConnectionError} for values the protocol does not know. */
export function readSettings(payload: Buffer): (readonly [id: number, value: number])[] {
  if (payload.length % 6 !== 0)
    throw new ConnectionError(errorCodes.frameSizeError, 'settings of the wrong size');
  if (payload.length / 6 > MAX_SETTINGS)
    throw new ConnectionError(errorCodes.enhanceYourCalm, 'too many settings');
  const settings: (readonly [number, number])[] = [];
  for (let at = 0; at < payload.length; at += 6) {
    const id = payload.readUInt16BE(at);
    const value = payload.readUInt32BE(at + 2);
    if (id === settingIds.initialWindowSize && value > MAX_WINDOW_BYTES)
      throw new ConnectionError(errorCodes.flowControlError, 'a window too large');
    const isWrong =
      (id === settingIds.enablePush && value > 1) ||
      (id === settingIds.maxFrameSize && (value < MIN_FRAME_BYTES || value > MAX_FRAME_BYTES));
    if (isWrong) throw new ConnectionError(errorCodes.protocolError, `setting ${id}: ${value}`);
    settings.push([id, value]);
  }
  return settings;
}
