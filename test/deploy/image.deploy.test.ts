// The image, made step by step in a clean directory and started as a container would be. It runs with a real Redis, as
// a user without rights, until SIGTERM.
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createIgnore, execForm, parseDockerfile, type Stage, textsOf } from '../support/dockerfile.ts';
import { type BuiltImage, buildImage } from '../support/image-build.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

const context = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string) => readFileSync(join(context, name), 'utf8');
const stages = parseDockerfile(read('Dockerfile'));
const shipped = stages.at(-1) as Stage;
const wordsOf = (keyword: string) => execForm(textsOf(shipped, keyword)[0] ?? '');

let workshop: string;
let image: BuiltImage;
let redis: RedisServer;
let server: ServerProcess;

beforeAll(async () => {
  workshop = mkdtempSync(join(tmpdir(), 'maiwei-image-'));
  // Readable for others, too: the server runs as another user than the tests.
  chmodSync(workshop, 0o755);
  image = await buildImage(stages, { context, isIgnored: createIgnore(read('.dockerignore')), workshop });
  redis = await startRedis();
});
afterAll(async () => {
  // It has stopped already, unless a test failed before.
  server?.process.kill('SIGKILL');
  await redis?.stop();
  rmSync(workshop, { recursive: true, force: true });
});

const startImage = (environment: Readonly<Record<string, string>>): Promise<ServerProcess> => {
  const [, uid] = /^(\d+):\d+$/.exec(textsOf(shipped, 'USER')[0] ?? '') ?? [];
  return startServerProcess(
    // An empty HOST counts as not set: the image listens on all addresses, as in production.
    { HOST: '', ...image.env, ...environment },
    {
      command: wordsOf('ENTRYPOINT'),
      directory: image.directory,
      ...(process.getuid?.() === 0 ? { uid: Number(uid) } : {}),
    },
  );
};

/** The exit code of the image's own health check. */
const checkHealth = (opsUrl: string): Promise<number> => {
  const [keyword, ...words] = textsOf(shipped, 'HEALTHCHECK')[0]?.split(/ (?=\[)/) ?? [];
  expect(keyword).toBe('CMD');
  const [program = '', ...args] = execForm(words.join(' '));
  const env = { PATH: process.env.PATH, ...image.env, OPS_PORT: new URL(opsUrl).port };
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: 10_000 }, (error) =>
      resolve(error === null ? 0 : Number(error.code ?? -1)),
    );
  });
};

test('[OPS-3] the image holds the built server, its packages, and nothing else', () => {
  expect(readdirSync(image.directory).sort()).toEqual(['LICENSE', 'dist', 'node_modules', 'package.json']);
  const files = readdirSync(join(image.directory, 'dist'), { recursive: true, encoding: 'utf8' });
  expect(files).toEqual(expect.arrayContaining(['main.js', 'redis/lua/commit-room.lua', 'console/index.html']));
  expect(files.filter((name) => /\.ts$|(^|\/)(test|bench|\.git|\.env)/.test(name))).toEqual([]);
});

test('[OPS-3] packages are those of production, all of them, at the versions of the lockfile', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version?: string; dev?: boolean; optional?: boolean }>;
  };
  const listed = Object.entries(lock.packages).filter(([path]) => path !== '');
  const isThere = (path: string) => existsSync(join(image.directory, path, 'package.json'));
  expect(listed.filter(([path, { dev }]) => dev && isThere(path)).map(([path]) => path)).toEqual([]);
  const wanted = listed.filter(([, { dev, optional }]) => !dev && !optional);
  expect(wanted.length).toBeGreaterThan(50);
  const wrong = wanted.filter(([path, { version }]) => {
    if (!isThere(path)) return true;
    const found = JSON.parse(readFileSync(join(image.directory, path, 'package.json'), 'utf8')) as { version: string };
    return found.version !== version;
  });
  expect(wrong.map(([path]) => path)).toEqual([]);
  for (const name of ['vitest', 'typescript', 'tsx', 'playwright-core'])
    expect(isThere(`node_modules/${name}`), name).toBe(false);
});

test('[OPS-3] it starts on Redis, is healthy by its own check, and ends with 0 on SIGTERM', async () => {
  server = await startImage({
    REDIS_URL: redis.url,
    JWT_SECRET: 'a-secret-of-the-image-test-32-characters',
    RTC_PROVIDER: 'none',
  });
  expect(await checkHealth(server.opsUrl)).toBe(0);
  expect((await fetch(`${server.opsUrl}/readyz`)).status).toBe(200);
  expect((await fetch(`${server.url}/`)).status).toBe(200);
  expect((await fetch(`${server.opsUrl}/metrics`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
  expect(await checkHealth(server.opsUrl)).toBe(1);
});

test('[OPS-3][CONF-2] without its settings it does not start, and says which are missing', async () => {
  await expect(startImage({})).rejects.toThrow(/JWT_SECRET[\s\S]*REDIS_URL[\s\S]*AGORA_APP_ID/);
});
