// Preloaded into a server (`node --import`): on SIGWINCH it collects all garbage, so that its heap is what it holds. Must not
// know the server.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('SIGWINCH', () => collect());
