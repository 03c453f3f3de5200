// The way in: every event of every socket becomes a parsed command, and gets exactly one ack.
import { BACKLOG_MAX_BYTES } from '../delivery/slow-consumers.ts';
import type { Ambient } from '../ops/ambient.ts';
import type { Clock } from '../ops/clock.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { CommandName } from '../protocol/commands.ts';
import { type Rejection, toErrorBody } from '../protocol/errors.ts';
import { isCommandName, parseCommand } from '../protocol/payload.ts';
import type { Ack } from '../protocol/socket-events.ts';
import { type Outcome, retryLater } from '../rooms/contract/outcome.ts';
import type { RoomService } from '../rooms/room-service.ts';
import type { SocketConnections } from './connections-socketio.ts';
import type { CommandLimits } from './rate-limit.ts';
import type { Session, VoiceSocket } from './session.ts';

/** A client that floods is sent away for this long, and up to twice as long: a window of its limits (LIMIT-2). */
const FLOOD_PAUSE_MS = 10_000;

interface ServiceDeps extends Ambient {
  readonly rooms: RoomService;
  readonly connections: SocketConnections;
  readonly limits: CommandLimits;
  readonly metrics: Metrics;
}

export type Service = ReturnType<typeof createService>;

/** Serves the commands of all sockets. */
export function createService(deps: ServiceDeps) {
  const { rooms, limits, logger } = deps;
  const logBug = (error: unknown) => logger.error({ event: 'command.failed', error }, 'A command failed with a bug.');
  // The limits answer in promises, so the commands of a session form a chain, which keeps their order. This is its end.
  const busy = new Map<Session, Promise<void>>();
  // One listener for all sockets: a closure for each would take memory for as long as the socket lives.
  function onEvent(this: VoiceSocket, event: string, ...args: unknown[]): void {
    const { session } = this.data;
    if (!session) return;
    const ack = counted(event, takeAck(args), deps);
    const previous = busy.get(session) ?? Promise.resolve();
    const own = previous.then(() => serve(deps, session, { event, args, ack })).catch(logBug);
    busy.set(session, own);
    void own.then(() => {
      if (busy.get(session) === own) busy.delete(session);
    });
  }
  return {
    /** Begins to serve an authenticated socket. Its session is in `socket.data`. */
    serve(socket: VoiceSocket): void {
      if (socket.data.session) rooms.connected(socket.data.session.id);
      socket.onAny(onEvent);
    },
    /** The session has ended: ends its memberships here, or hands them over. */
    onEnded(session: Session): void {
      const end = session.isDrained ? rooms.handOver(session.id) : rooms.disconnected(session.id);
      end.catch(logBug);
      limits.forget(session.id).catch(logBug);
    },
  };
}

/** Resolves when the command has been passed on, not when it has been carried out. */
async function serve(
  deps: ServiceDeps,
  session: Session,
  { event, args, ack }: { readonly event: string; readonly args: readonly unknown[]; readonly ack: SendAck },
): Promise<void> {
  const { rooms, limits, random } = deps;
  if (session.isClosing) return;
  if (session.isExpired) return ack(refusal({ code: 'TOKEN_EXPIRED' }));
  // A client may send commands and never read the answers. Outboxes check the backlog only when they write.
  const connection = deps.connections.connectionOf(session.id);
  if (connection && connection.backlogBytes > BACKLOG_MAX_BYTES) return connection.overflow();
  const verdict = await limits.command(session.id);
  if (verdict.status === 'flood') {
    return session.close('OVERLOADED', random.integer(FLOOD_PAUSE_MS, 2 * FLOOD_PAUSE_MS));
  }
  if (verdict.status === 'limited') return ack(limited(verdict));
  const parsed = parseCommand(event, args);
  if (!parsed.ok) return ack(refusal(parsed.rejection));
  const { command } = parsed;
  const { caller } = session;
  const chatVerdict = await limits.chat(caller.userId, command);
  if (chatVerdict.status === 'limited') return ack(limited(chatVerdict));
  const reply = answerInTime(command.name, ack, deps.clock);
  const isCarriedOut =
    command.name === 'session:renew'
      ? session.renew(command.payload.token).then(reply)
      : rooms.execute(caller, command, reply);
  isCarriedOut.catch((error: unknown) => {
    deps.logger.error({ event: 'command.failed', error, command: command.name }, 'A command failed with a bug.');
    ack(refusal({ code: 'INTERNAL' }));
  });
}

/** An answer comes within 2 s, however slow the store is (ACK-3, ACK-4). The rest is for the way to the client. */
const ANSWER_MAX_MS = 1_900;
/** Commands that a client may simply send again, whether or not they have taken effect. */
const repeatable: ReadonlySet<CommandName> = new Set([
  'room:join',
  'room:sync',
  'room:list',
  'room:members',
  'ban:list',
  'rtc:renew',
]);

/** Sends the outcome, or after ANSWER_MAX_MS that the outcome is not known; whichever is first. */
function answerInTime(command: CommandName, ack: SendAck, clock: Clock): (outcome: Outcome) => void {
  let isOpen = true;
  const reply = (outcome: Outcome) => {
    if (!isOpen) return;
    isOpen = false;
    cancel();
    ack(toAck(outcome));
  };
  const timeout = retryLater(repeatable.has(command) ? 'UNAVAILABLE' : 'OUTCOME_UNKNOWN');
  const cancel = clock.after(ANSWER_MAX_MS, () => reply({ ok: false, rejection: timeout }));
  return reply;
}

type SendAck = (answer: Ack<unknown>) => void;

/** The ack function is the last argument, if the client wants an answer. */
function takeAck(args: unknown[]): SendAck {
  const last = args.at(-1);
  if (typeof last !== 'function') return () => undefined;
  args.pop();
  return last as SendAck;
}

/** The same ack, counted and timed from here on. An event that is no command counts as `unknown`. */
function counted(event: string, ack: SendAck, { clock, metrics }: Pick<ServiceDeps, 'clock' | 'metrics'>): SendAck {
  const startedAt = clock.monotonic();
  return (answer) => {
    const command = isCommandName(event) ? event : 'unknown';
    const result = answer.ok ? 'ok' : answer.error.code;
    metrics.commandAnswered({ command, result, durationMs: clock.monotonic() - startedAt });
    ack(answer);
  };
}

const limited = ({ retryAfterMs }: { readonly retryAfterMs: number }): Ack<never> =>
  refusal({ code: 'RATE_LIMITED', retryAfterMs });

const refusal = (rejection: Rejection): Ack<never> => ({ ok: false, error: toErrorBody(rejection) });

const toAck = (outcome: Outcome): Ack<unknown> =>
  outcome.ok ? { ok: true, data: outcome.data } : refusal(outcome.rejection);
