// Reads the parts of Dockerfile and .dockerignore that this project uses; anything else throws. Runs nothing.

export interface Instruction {
  readonly keyword: string;
  /** `--name=value` before the rest. */
  readonly flags: Readonly<Record<string, string>>;
  /** The rest of the line, continuations joined. */
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

const known = new Set(['ARG', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'HEALTHCHECK', 'LABEL', 'RUN', 'USER', 'WORKDIR']);

/** The stages in order; the last one is the image. */
export function parseDockerfile(file: string): readonly Stage[] {
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  const lines = file
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  for (const line of lines.filter((one) => one.trim() !== '')) {
    const instruction = parseInstruction(line);
    if (instruction.keyword === 'FROM') {
      const [, base = '', name = `stage-${stages.length}`] = /^(\S+)(?: AS (\S+))?$/.exec(instruction.text) ?? [];
      stages.push({ name, base, instructions: [] });
      continue;
    }
    if (!known.has(instruction.keyword)) throw new Error(`not expected in a Dockerfile: ${line}`);
    const stage = stages.at(-1);
    if (!stage) throw new Error(`before the first FROM: ${line}`);
    stage.instructions.push(instruction);
  }
  return stages;
}

function parseInstruction(line: string): Instruction {
  const [, keyword = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
  const flags: Record<string, string> = {};
  const text = rest.replace(/^(?:--[a-z-]+=\S+\s+)*/, (given) => {
    for (const [, name = '', value = ''] of given.matchAll(/--([a-z-]+)=(\S+)/g)) flags[name] = value;
    return '';
  });
  return { keyword, flags, text };
}

export const textsOf = (stage: Stage, keyword: string): string[] =>
  stage.instructions.filter((one) => one.keyword === keyword).map(({ text }) => text);

/** The arguments of an exec form; throws for the shell form, which would run a shell. */
export function execForm(text: string): string[] {
  const words: unknown = JSON.parse(text);
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) throw new Error(`no words: ${text}`);
  return words;
}

/** `KEY=value` pairs of ENV and LABEL. */
export const pairsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g)].map(([, key, quoted, bare]) => [key, quoted ?? bare]),
  );

/** Whether that path of the context is left out: the last pattern that fits the path, or a folder of it, decides. */
export function createIgnore(file: string): (path: string) => boolean {
  const patterns = file
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isKept: line.startsWith('!'), pattern: toPattern(line.replace(/^!/, '')) }));
  return (path) => patterns.reduce((isIgnored, one) => (one.pattern.test(path) ? !one.isKept : isIgnored), false);
}

const toPattern = (glob: string): RegExp => {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\*/g, (star) => (star === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}(?:/.*)?$`);
};
