import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { RawDeflate } from '../bytes/raw-deflate.ts';

const finishFlush = constants.Z_SYNC_FLUSH;

export const realRawDeflate: RawDeflate = {
  deflate: (bytes, window) => deflateRawSync(bytes, { dictionary: window, finishFlush }),
  inflate: (bytes, window, maxBytes) =>
    inflateRawSync(bytes, { dictionary: window, finishFlush, maxOutputLength: maxBytes }),
};
