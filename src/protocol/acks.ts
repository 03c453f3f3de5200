// The acks of all commands: the schema of each one's `data`, collected from the files that define them.
import type { z } from 'zod';
import { type CommandName, stageAckSchemas } from './commands.ts';
import { sessionAckSchemas } from './handshake.ts';
import { messageAckSchemas } from './messages.ts';
import { roomAckSchemas } from './snapshot.ts';

/** The compiler reports a command that has no ack in any of the four tables. */
export const ackSchemas = {
  ...stageAckSchemas,
  ...roomAckSchemas,
  ...messageAckSchemas,
  ...sessionAckSchemas,
} as const satisfies Record<CommandName, z.ZodType>;

/** The `data` of a command's ack. */
export type AckData<Name extends CommandName> = z.infer<(typeof ackSchemas)[Name]>;
