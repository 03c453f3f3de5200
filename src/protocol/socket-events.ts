// Socket.IO's event maps, derived from the two tables of contents. Nothing here is written by hand twice.
import type { z } from 'zod';
import type { CommandName, PayloadInput, StageCommandName, stageAckSchemas } from './commands.ts';
import type { ErrorBody } from './errors.ts';
import type { sessionAckSchemas } from './handshake.ts';
import type { MessageCommandName, messageAckSchemas } from './messages.ts';
import type { ServerEventName, ServerEventPayload } from './server-events.ts';
import type { roomAckSchemas } from './snapshot.ts';

/** The one shape of every ack and HTTP answer (ACK-1). */
export type Ack<Data> = { ok: true; data: Data } | { ok: false; error: ErrorBody };

/** What a command's ack carries as `data`. */
export type AckData<Name extends CommandName> = Name extends StageCommandName
  ? z.infer<(typeof stageAckSchemas)[Name]>
  : Name extends keyof typeof roomAckSchemas
    ? z.infer<(typeof roomAckSchemas)[Name]>
    : Name extends MessageCommandName
      ? z.infer<(typeof messageAckSchemas)[Name]>
      : Name extends keyof typeof sessionAckSchemas
        ? z.infer<(typeof sessionAckSchemas)[Name]>
        : never;

export type ClientToServerEvents = {
  [Name in CommandName]: (payload: PayloadInput<Name>, ack: (answer: Ack<AckData<Name>>) => void) => void;
};

export type ServerToClientEvents = {
  [Name in ServerEventName]: (payload: ServerEventPayload<Name>) => void;
};
