// The process: reads the configuration, starts the app, and stops it on a signal.
import closeWithGrace from 'close-with-grace';
import { type App, startApp } from './app.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { systemClock } from './ops/clock.ts';

/** How long a stop may take after the drain; then the process ends anyway. */
const STOP_TIMEOUT_MS = 10_000;

const DEV_TOKENS = 'POST /v1/dev/token gives tokens to anybody';

async function run(): Promise<void> {
  const config = loadConfig();
  const app = await startApp(config);
  closeWithGrace({ delay: config.drainMs + STOP_TIMEOUT_MS, logger: false }, async ({ err }) => {
    if (err) process.stderr.write(`${err.stack ?? err.message}\n`);
    await app.stop();
  });
  process.stdout.write(describe(config, app));
}

const voiceOf: Readonly<Record<Config['rtc']['provider'], string>> = {
  agora: 'voice by Agora',
  p2p: 'voice from browser to browser',
  none: 'no voice',
};

function describe(config: Config, app: App): string {
  const host = config.host === '0.0.0.0' ? 'localhost' : config.host;
  const lines = [
    `Maiwei is listening (${app.engine} store, ${voiceOf[config.rtc.provider]}).`,
    `  page and sockets  http://${host}:${app.port}/`,
    `  health            http://${host}:${app.opsPort}/readyz`,
  ];
  if (!config.isProduction) {
    const tokens = config.jwt.key && config.jwt.key.kind !== 'secret' ? 'tokens are yours to sign' : DEV_TOKENS;
    lines.push(`  Development mode: ${tokens}. Open the page in two tabs.`);
    if (!config.jwt.key) lines.push('  JWT_SECRET is not set: a random one was made, tokens end with this process.');
    if (!config.redis) lines.push('  There is no Redis (REDIS_URL): rooms live in this process alone and end with it.');
  }
  return `${lines.join('\n')}\n`;
}

run().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : `Maiwei could not start: ${String(error)}`}\n`,
  );
  process.exitCode = 1;
  // A part that has half started may keep the process running; there is nothing left to wait for.
  systemClock.soon(() => process.exit());
});
