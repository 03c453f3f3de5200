// `npm start`: installs what is missing, builds what is stale, runs the server in this process.
import { build } from './build.mjs';
import { installPackages } from './install.mjs';

installPackages();
build();
await import('../dist/main.js');
