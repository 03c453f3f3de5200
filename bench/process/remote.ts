// Questions and answers between two processes over Node's channel.
import type { ChildProcess } from 'node:child_process';

interface Question {
  readonly id: number;
  readonly method: string;
  readonly input: unknown;
}

interface Answer {
  readonly id: number;
  readonly output?: unknown;
  readonly error?: string;
}

/** The questions that a process answers: name → input and output. */
export type Methods = Readonly<Record<string, (input: never) => unknown>>;

/** Answers the process that started this one. */
export function answerParent(methods: Methods): void {
  process.on('message', async ({ id, method, input }: Question) => {
    try {
      const output = await methods[method]?.(input as never);
      process.send?.({ id, output } satisfies Answer);
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  // Without a parent process nothing is left to do.
  process.on('disconnect', () => process.exit());
}

export type Ask<M extends Methods> = <Name extends keyof M & string>(
  method: Name,
  input: Parameters<M[Name]>[0],
) => Promise<Awaited<ReturnType<M[Name]>>>;

/** Asks a process that was started with a channel. Questions that are open when it ends are rejected. */
export function askChild<M extends Methods>(child: ChildProcess): Ask<M> {
  const open = new Map<number, { resolve: (output: never) => void; reject: (error: Error) => void }>();
  let last = 0;
  let ended: Error | null = null;
  child.on('message', ({ id, output, error }: Answer) => {
    const question = open.get(id);
    open.delete(id);
    if (error === undefined) question?.resolve(output as never);
    else question?.reject(new Error(error));
  });
  child.once('exit', (code, signal) => {
    ended = new Error(`the process ended with ${code ?? signal}`);
    for (const { reject } of open.values()) reject(ended);
    open.clear();
  });
  return (method, input) =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const id = ++last;
      open.set(id, { resolve, reject });
      child.send({ id, method, input } satisfies Question);
    });
}
