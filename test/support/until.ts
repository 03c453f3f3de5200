// Waits until something is so, anywhere (expect.poll works in tests alone).

interface Patience {
  readonly what: string;
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/** Resolves when `isSo` first says yes; rejects after `timeoutMs`. What it throws meanwhile counts as no. */
export function until(
  isSo: () => boolean | Promise<boolean>,
  { what, timeoutMs = 20_000, intervalMs = 50 }: Patience,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  return new Promise((resolve, reject) => {
    const look = async () => {
      const found = await Promise.resolve()
        .then(isSo)
        .catch(() => false);
      if (found) resolve();
      else if (performance.now() > end) reject(new Error(`${what}: not within ${timeoutMs} ms`));
      else setTimeout(look, intervalMs);
    };
    look().catch(reject);
  });
}
