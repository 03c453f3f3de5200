// Carries out the steps of a Dockerfile in clean directories, one per stage. This machine takes the place of the base
// image.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { pairsOf, type Stage } from './dockerfile.ts';

/** A limit for npm on a slow registry. */
const STEP_TIMEOUT_MS = 240_000;

interface Build {
  /** The folder that `docker build` would get. */
  readonly context: string;
  readonly isIgnored: (path: string) => boolean;
  /** An empty folder, in which each stage has its root. */
  readonly workshop: string;
}

export interface BuiltImage {
  /** The image's root folder on this machine. */
  readonly root: string;
  /** The working directory of the image, on this machine. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

type Earlier = ReadonlyMap<string, BuiltImage>;

/** Resolves with the image of the last stage. Rejects with the output of the step that failed. */
export async function buildImage(stages: readonly Stage[], build: Build): Promise<BuiltImage> {
  const images = new Map<string, BuiltImage>();
  let last: BuiltImage | null = null;
  for (const stage of stages) {
    last = await buildStage(stage, images, build);
    images.set(stage.name, last);
  }
  if (!last) throw new Error('a Dockerfile without FROM');
  return last;
}

async function buildStage(stage: Stage, earlier: Earlier, build: Build): Promise<BuiltImage> {
  const root = join(build.workshop, stage.name);
  mkdirSync(root);
  let directory = root;
  const env: Record<string, string> = {};
  for (const { keyword, flags, text } of stage.instructions) {
    if (keyword === 'WORKDIR') {
      directory = join(root, text);
      mkdirSync(directory, { recursive: true });
    } else if (keyword === 'ENV') {
      Object.assign(env, pairsOf(text));
    } else if (keyword === 'RUN') {
      await run(text, { directory, env });
    } else if (keyword === 'COPY') {
      const from = flags.from === undefined ? null : earlier.get(flags.from);
      if (from === undefined) throw new Error(`COPY from a stage that there is not: ${flags.from}`);
      copy(text.split(/\s+/), { from: from?.root ?? null, directory, build });
    }
  }
  return { root, directory, env };
}

interface Copy {
  /** Another stage's root; null: the context. */
  readonly from: string | null;
  readonly directory: string;
  readonly build: Build;
}

function copy(paths: readonly string[], { from, directory, build }: Copy): void {
  const destination = paths.at(-1) ?? '';
  for (const source of paths.slice(0, -1)) {
    const origin = join(from ?? build.context, source);
    if (!existsSync(origin)) throw new Error(`COPY: there is no ${source}`);
    const isIgnored = (path: string) => from === null && build.isIgnored(relative(build.context, path));
    if (isIgnored(origin)) throw new Error(`COPY: .dockerignore keeps ${source} back`);
    // A folder gives its contents; a file goes into a destination that ends in a slash.
    const isInto = !statSync(origin).isDirectory() && destination.endsWith('/');
    const target = join(directory, destination, isInto ? basename(source) : '');
    // Links stay as they are, as with docker build.
    cpSync(origin, target, { recursive: true, verbatimSymlinks: true, filter: (path) => !isIgnored(path) });
  }
}

/** Runs the command in a shell, as docker build does. Packages in the cache of this machine are not fetched again. */
async function run(command: string, { directory, env }: Pick<BuiltImage, 'directory' | 'env'>): Promise<void> {
  await promisify(execFile)('/bin/sh', ['-c', command], {
    cwd: directory,
    env: { ...builderEnvironment(), npm_config_prefer_offline: 'true', ...env },
    timeout: STEP_TIMEOUT_MS,
  }).catch(({ stdout, stderr }: { stdout: string; stderr: string }) => {
    throw new Error(`RUN ${command} failed:\n${stdout}\n${stderr}`);
  });
}

/** Where a builder finds programs and the registry. The NODE_ENV of the test runner must not get through. */
const builderEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) =>
      /^(PATH|HOME|NODE_EXTRA_CA_CERTS|npm_config_.*|.*_proxy)$/i.test(name),
    ),
  );
