// Compression of one WebSocket message for everybody who inflates (RFC 7692). Must not know frames or connections.
import { constants, deflateRawSync } from 'node:zlib';

/** Below this a message gains less than its deflating costs. */
export const DEFLATE_MIN_BYTES = 256;

/** The message as permessage-deflate sends it: a raw deflate stream without the empty block at its end. */
export function deflateMessage(message: Buffer): Buffer {
  const deflated = deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH });
  return deflated.subarray(0, -4);
}
