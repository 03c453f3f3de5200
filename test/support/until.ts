// Waits until a condition holds, also outside tests (expect.poll works only within a test).

interface UntilOptions {
  /** The condition, for the error. */
  readonly what: string;
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/** Resolves when the condition holds; rejects after `timeoutMs`. An error of the condition counts as false. */
export function until(
  condition: () => boolean | Promise<boolean>,
  { what, timeoutMs = 20_000, intervalMs = 50 }: UntilOptions,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  return new Promise((resolve, reject) => {
    const check = async () => {
      const found = await Promise.resolve()
        .then(condition)
        .catch(() => false);
      if (found) resolve();
      else if (performance.now() > end) reject(new Error(`${what}: not within ${timeoutMs} ms`));
      else setTimeout(check, intervalMs);
    };
    check().catch(reject);
  });
}
