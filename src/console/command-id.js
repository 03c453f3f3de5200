// Ids for commands.
// @ts-check

/** An id for a command, so that sending it twice has one effect (ACK-2). */
export function newCommandId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
