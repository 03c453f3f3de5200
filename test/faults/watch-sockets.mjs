// Preloaded into a server (`node --import`): prints the largest number of bytes that wait for one connection, whenever
// it grows.
import { Socket } from 'node:net';

const LOOK_EACH_MS = 20;
/** Less waits now and then in any server. */
const WORTH_TELLING_BYTES = 32 * 1024;
let most = WORTH_TELLING_BYTES;

setInterval(() => {
  for (const handle of process._getActiveHandles()) {
    if (!(handle instanceof Socket) || handle.writableLength <= most) continue;
    most = handle.writableLength;
    process.stdout.write(`watch: ${most} bytes wait\n`);
  }
}, LOOK_EACH_MS).unref();
