// Global setup of the tests that run real server processes: builds dist when it is missing or older than src.
import { build } from '../../tools/build.mjs';

export default function setup(): void {
  build();
}
