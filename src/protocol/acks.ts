// What every command is answered with: the `data` of its ack, gathered from the files that have the shapes. Must not know
// when a command succeeds.
import type { z } from 'zod';
import { type CommandName, stageAckSchemas } from './commands.ts';
import { sessionAckSchemas } from './handshake.ts';
import { messageAckSchemas } from './messages.ts';
import { roomAckSchemas } from './snapshot.ts';

/** The compiler misses a command here that has no ack in any of the four. */
export const ackSchemas = {
  ...stageAckSchemas,
  ...roomAckSchemas,
  ...messageAckSchemas,
  ...sessionAckSchemas,
} as const satisfies Record<CommandName, z.ZodType>;

/** What a command's ack carries as `data`. */
export type AckData<Name extends CommandName> = z.infer<(typeof ackSchemas)[Name]>;
