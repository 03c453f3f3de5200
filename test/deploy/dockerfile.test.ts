// The promises of the Dockerfile, read off its text; image.deploy.test.ts builds it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createIgnore, execForm, pairsOf, parseDockerfile, type Stage, textsOf } from '../support/dockerfile.ts';

const read = (name: string) => readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');
const stages = parseDockerfile(read('Dockerfile'));
const shipped = stages.at(-1) as Stage;

describe('the image', () => {
  test('[OPS-3] every stage stands on Node 24, slim', () => {
    expect(stages.length).toBeGreaterThan(1);
    expect(new Set(stages.map(({ base }) => base))).toEqual(new Set(['node:24-slim']));
  });

  test('[OPS-3] the last stage runs nothing and takes only what other stages made', () => {
    expect(textsOf(shipped, 'RUN')).toEqual([]);
    const copies = shipped.instructions.filter(({ keyword }) => keyword === 'COPY');
    expect(copies.filter(({ flags }) => !flags.from).map(({ text }) => text)).toEqual(['LICENSE package.json ./']);
  });

  test('[OPS-3] packages come from the lockfile, those of production alone and without their scripts', () => {
    const installs = stages
      .flatMap((stage) => textsOf(stage, 'RUN'))
      .filter((text) => /\bnpm (ci|i|install)\b/.test(text));
    expect(installs).toEqual(['npm ci --omit=dev --ignore-scripts']);
  });

  test('[OPS-3] production mode, not root, and a number, which Kubernetes can check', () => {
    expect(textsOf(shipped, 'ENV').map(pairsOf)).toEqual([{ NODE_ENV: 'production' }]);
    expect(textsOf(shipped, 'USER')).toEqual(['1000:1000']);
  });

  test('[OPS-3] node itself is started, so that it is node that gets SIGTERM', () => {
    expect(textsOf(shipped, 'ENTRYPOINT').map(execForm)).toEqual([['node', 'dist/main.js']]);
  });

  test('[OPS-3] the health check asks the operations port with nothing but node', () => {
    const [check = ''] = textsOf(shipped, 'HEALTHCHECK');
    const [program, , script] = execForm(check.replace(/^CMD /, ''));
    expect([program, script]).toEqual(['node', expect.stringContaining('/livez')]);
    expect(check).not.toMatch(/curl|wget|readyz/);
  });

  test('[OPS-3] it says what it is and where it listens', () => {
    expect(textsOf(shipped, 'EXPOSE')).toEqual(['3000 3001']);
    const labels = Object.keys(pairsOf(textsOf(shipped, 'LABEL').join(' ')));
    for (const name of ['title', 'description', 'licenses', 'version', 'revision'])
      expect(labels).toContain(`org.opencontainers.image.${name}`);
  });
});

test('[OPS-3] the builder is given nothing but what it copies', () => {
  const isIgnored = createIgnore(read('.dockerignore'));
  for (const path of [
    '.git/config',
    '.env',
    'src.env',
    'test/http/http.test.ts',
    'bench/run.ts',
    'node_modules/zod',
    'dist',
  ])
    expect(isIgnored(path), path).toBe(true);
  for (const path of ['src/main.ts', 'src/redis/lua/prelude.lua', 'package-lock.json', 'tools/build.mjs'])
    expect(isIgnored(path), path).toBe(false);
});

describe('reading a Dockerfile', () => {
  test('[OPS-3] an unknown instruction, and the shell form where words are needed, are refused', () => {
    expect(() => parseDockerfile('FROM a\nADD x y\n')).toThrow('ADD');
    expect(() => parseDockerfile('RUN x\n')).toThrow('before the first FROM');
    expect(() => execForm('node dist/main.js')).toThrow();
  });
});
