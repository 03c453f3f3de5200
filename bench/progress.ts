// The progress bar: one line that is overwritten, on a terminal only.

export interface Progress {
  /** Step number `done` is over, and this is the next one. */
  show(done: number, next: string): void;
  end(): void;
}

const WIDTH = 30;

export function createProgress(total: number, out: NodeJS.WriteStream = process.stderr): Progress {
  const begun = performance.now();
  const bar = (done: number) => {
    const filled = Math.round((done / total) * WIDTH);
    return '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
  };
  const remaining = (done: number) => {
    if (done === 0) return '';
    const seconds = (((performance.now() - begun) / done) * (total - done)) / 1_000;
    return `, ${Math.ceil(seconds)} s to go`;
  };
  return {
    show(done, next) {
      const line = `${bar(done)} ${done}/${total} ${next}${remaining(done)}`;
      // A log keeps each line; a terminal shows the last.
      if (out.isTTY) out.write(`\r\u001b[2K${line}`);
      else out.write(`${done + 1}/${total} ${next}\n`);
    },
    end() {
      if (out.isTTY) out.write('\r\u001b[2K');
    },
  };
}
