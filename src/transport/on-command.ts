// The way in: every event of every socket becomes a parsed command, and exactly one ack. No rule, no store.
import { BACKLOG_MAX_BYTES } from '../delivery/slow-consumers.ts';
import type { Clock } from '../ops/clock.ts';
import type { Logger } from '../ops/logger.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Random } from '../ops/random.ts';
import type { CommandName } from '../protocol/commands.ts';
import { type Rejection, toErrorBody } from '../protocol/errors.ts';
import { isCommandName, parseCommand } from '../protocol/payload.ts';
import type { Ack } from '../protocol/socket-events.ts';
import { type Outcome, retryLater } from '../rooms/contract/outcome.ts';
import type { RoomService } from '../rooms/room-service.ts';
import type { SocketConnections } from './connections-socketio.ts';
import type { CommandLimits } from './rate-limit.ts';
import type { ServedSession, VoiceSocket } from './typed-socket.ts';

/** A client that floods is told to come back this much later, and up to twice as much. */
const FLOOD_PAUSE_MS = 10_000;

interface CreateServiceDeps {
  readonly rooms: RoomService;
  readonly lines: SocketConnections;
  readonly limits: CommandLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Serves the commands of all sockets. */
export interface Service {
  /** Begins to serve an authenticated socket; its session is in `socket.data`. */
  serve(socket: VoiceSocket): void;
  /** Ends what the session has here. */
  ended(session: ServedSession): void;
}

export function createService(deps: CreateServiceDeps): Service {
  const { rooms, limits, logger } = deps;
  const logBug = (error: unknown) => logger.error({ error }, 'a command escaped its service');
  // The limits answer later: commands of a session are kept in the order in which they came. Here are those at work.
  const busy = new Map<ServedSession, Promise<void>>();
  // One listener for all sockets: each of them would keep a closure of its own for as long as it lives.
  function hear(this: VoiceSocket, event: string, ...args: unknown[]): void {
    const { session } = this.data;
    if (!session) return;
    const ack = counted(event, takeAck(args), deps);
    const before = busy.get(session) ?? Promise.resolve();
    const own = before.then(() => serve(deps, session, { event, args, ack })).catch(logBug);
    busy.set(session, own);
    void own.then(() => {
      if (busy.get(session) === own) busy.delete(session);
    });
  }
  return {
    serve(socket) {
      if (socket.data.session) rooms.connected(socket.data.session.id);
      socket.onAny(hear);
    },
    ended(session) {
      const end = session.isMoving ? rooms.handOver(session.id) : rooms.disconnected(session.id);
      end.catch(logBug);
      limits.forget(session.id).catch(logBug);
    },
  };
}

interface Received {
  readonly event: string;
  readonly args: readonly unknown[];
  readonly ack: SendAck;
}

/** Resolves when the command is on its way, not when it has been carried out. */
async function serve(deps: CreateServiceDeps, session: ServedSession, { event, args, ack }: Received): Promise<void> {
  const { rooms, limits, random } = deps;
  if (session.isClosing) return;
  if (session.isExpired) return ack(refusal({ code: 'TOKEN_EXPIRED' }));
  // Who asks and asks and never reads the answers: what rooms say is weighed by their outboxes, answers are here.
  const line = deps.lines.connectionOf(session.id);
  if (line && line.backlogBytes > BACKLOG_MAX_BYTES) return line.overflow();
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
  const reply = inTime(command.name, ack, deps.clock);
  const isCarriedOut =
    command.name === 'session:renew'
      ? session.renew(command.payload.token).then(reply)
      : rooms.execute(caller, command, reply);
  isCarriedOut.catch((error: unknown) => {
    deps.logger.error({ error, command: command.name }, 'a command escaped its service');
    ack(refusal({ code: 'INTERNAL' }));
  });
}

/** Nobody waits longer for an answer, however many questions to a slow store it takes (ACK-3, ACK-4). */
const ANSWER_MAX_MS = 1_900;
/** What has happened by then, or may still, is nothing that a client must know: he just asks again. */
const repeatable: ReadonlySet<CommandName> = new Set([
  'room:join',
  'room:sync',
  'room:list',
  'room:members',
  'ban:list',
  'rtc:renew',
]);

/** Sends the outcome, or says in time that it is not known; whichever is first. */
function inTime(command: CommandName, ack: SendAck, clock: Clock): (outcome: Outcome) => void {
  let isOpen = true;
  const reply = (outcome: Outcome) => {
    if (!isOpen) return;
    isOpen = false;
    cancel();
    ack(toAck(outcome));
  };
  const tooLate = retryLater(repeatable.has(command) ? 'UNAVAILABLE' : 'OUTCOME_UNKNOWN');
  const cancel = clock.after(ANSWER_MAX_MS, () => reply({ ok: false, rejection: tooLate }));
  return reply;
}

type SendAck = (answer: Ack<unknown>) => void;

/** The ack function is the last argument, when the client wants an answer at all. */
function takeAck(args: unknown[]): SendAck {
  const last = args.at(-1);
  if (typeof last !== 'function') return () => undefined;
  args.pop();
  return last as SendAck;
}

/** The same, and the answer is counted and timed from here; what is no command of ours counts as `unknown`. */
function counted(
  event: string,
  ack: SendAck,
  { clock, metrics }: Pick<CreateServiceDeps, 'clock' | 'metrics'>,
): SendAck {
  const begun = clock.monotonic();
  return (answer) => {
    const command = isCommandName(event) ? event : 'unknown';
    const result = answer.ok ? 'ok' : answer.error.code;
    metrics.commandAnswered({ command, result, durationMs: clock.monotonic() - begun });
    ack(answer);
  };
}

const limited = ({ retryAfterMs }: { readonly retryAfterMs: number }): Ack<never> =>
  refusal({ code: 'RATE_LIMITED', retryAfterMs });

const refusal = (rejection: Rejection): Ack<never> => ({ ok: false, error: toErrorBody(rejection) });

const toAck = (outcome: Outcome): Ack<unknown> =>
  outcome.ok ? { ok: true, data: outcome.data } : refusal(outcome.rejection);
