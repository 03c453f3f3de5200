// Global set-up of the tests that run real server processes: dist is built when it is missing or stale.
import { build } from '../../tools/build.mjs';

export default function setup(): void {
  build();
}
