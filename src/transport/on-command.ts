// The way in: every event of every socket becomes a parsed command, and exactly one ack. No rule, no store.
import { CLOCK_SKEW_MS } from '../auth/authenticator.ts';
import type { Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import type { Metrics } from '../ops/metrics.ts';
import { type Rejection, toErrorBody } from '../protocol/errors.ts';
import type { SessionId } from '../protocol/ids.ts';
import { isCommandName, parseCommand } from '../protocol/payload.ts';
import type { Ack } from '../protocol/socket-events.ts';
import type { Caller } from '../rooms/caller.ts';
import type { Outcome } from '../rooms/outcome.ts';
import type { RoomService } from '../rooms/room-service.ts';
import type { VoiceSocket } from './typed-socket.ts';

interface Parts {
  readonly rooms: RoomService;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export type ServeSocket = (socket: VoiceSocket) => void;

/** Serves one authenticated socket until it ends. */
export const createServeSocket =
  ({ rooms, clock, logger, metrics }: Parts): ServeSocket =>
  (socket) => {
    const { identity } = socket.data;
    const { userId, name, avatar, level } = identity;
    const caller: Caller = { userId, name, avatar, level, sessionId: socket.id as SessionId };
    rooms.connected(caller.sessionId);
    socket.onAny((event: string, ...args: unknown[]) => {
      const ack = counted(event, takeAck(args), { clock, metrics });
      const isExpired = clock.now() > identity.expiresAt + CLOCK_SKEW_MS;
      if (isExpired) return ack(refusal({ code: 'TOKEN_EXPIRED' }));
      const parsed = parseCommand(event, args);
      if (!parsed.ok) return ack(refusal(parsed.rejection));
      rooms.execute(caller, parsed.command, (outcome) => ack(toAck(outcome))).catch(logBug);
    });
    socket.on('disconnect', () => {
      rooms.disconnected(caller.sessionId).catch(logBug);
    });
    const logBug = (error: unknown) => logger.error({ error }, 'a command escaped its service');
  };

type SendAck = (answer: Ack<unknown>) => void;

/** The ack function is the last argument, when the client wants an answer at all. */
function takeAck(args: unknown[]): SendAck {
  const last = args.at(-1);
  if (typeof last !== 'function') return () => undefined;
  args.pop();
  return last as SendAck;
}

/** The same, and the answer is counted and timed from here; what is no command of ours counts as `unknown`. */
function counted(event: string, ack: SendAck, { clock, metrics }: Pick<Parts, 'clock' | 'metrics'>): SendAck {
  const begun = clock.monotonic();
  return (answer) => {
    const command = isCommandName(event) ? event : 'unknown';
    const result = answer.ok ? 'ok' : answer.error.code;
    metrics.commandAnswered({ command, result, durationMs: clock.monotonic() - begun });
    ack(answer);
  };
}

const refusal = (rejection: Rejection): Ack<never> => ({ ok: false, error: toErrorBody(rejection) });

const toAck = (outcome: Outcome): Ack<unknown> =>
  outcome.ok ? { ok: true, data: outcome.data } : refusal(outcome.rejection);
