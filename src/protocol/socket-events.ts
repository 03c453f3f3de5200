// The event maps that Socket.IO wants, derived from the tables of commands, acks and server events.
import type { AckData } from './acks.ts';
import type { CommandName, PayloadInput } from './commands.ts';
import type { ErrorBody } from './errors.ts';
import type { ServerEventName, ServerEventPayload } from './server-events.ts';

/** The one shape of every ack and HTTP answer (ACK-1). */
export type Ack<Data> = { ok: true; data: Data } | { ok: false; error: ErrorBody };

export type ClientToServerEvents = {
  [Name in CommandName]: (payload: PayloadInput<Name>, ack: (answer: Ack<AckData<Name>>) => void) => void;
};

export type ServerToClientEvents = {
  [Name in ServerEventName]: (payload: ServerEventPayload<Name>) => void;
};
