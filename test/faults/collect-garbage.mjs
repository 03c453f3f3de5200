// Preloaded into a server (`node --import`): on SIGWINCH it collects all garbage, so that the heap contains only what
// is in use.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('SIGWINCH', () => collect());
