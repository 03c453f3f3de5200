// Socket.IO engine of the connections of this node: writes what rooms send.
import type { Connection, Connections } from '../delivery/connections.ts';
import type { EncodedBatch } from '../delivery/encoded-batch.ts';
import { BACKLOG_MAX_BYTES } from '../delivery/slow-consumers.ts';
import { jsonOf } from '../lang/shared-json.ts';
import type { Clock } from '../ops/clock.ts';
import type { Metrics } from '../ops/metrics.ts';
import { Timer } from '../ops/repeat.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { Session, VoiceSocket } from './session.ts';
import { Wire } from './wire.ts';

interface SocketConnectionsDeps {
  readonly metrics: Pick<Metrics, 'delivered' | 'written' | 'slowConsumerEnded'>;
  readonly clock: Clock;
}

/** How often all backlogs are checked. No outbox sees what users are sent outside of rooms (MSG-2). */
const BACKLOG_CHECK_MS = 5_000;

class SocketConnection extends Wire implements Connection {
  readonly #session: Session;
  readonly #deps: SocketConnectionsDeps;
  #isOverflowed = false;

  constructor(conn: VoiceSocket['conn'], session: Session, deps: SocketConnectionsDeps) {
    super(conn);
    this.#session = session;
    this.#deps = deps;
  }

  write(batch: EncodedBatch): void {
    if (this.takesFrames) {
      if (this.inflates) {
        batch.writes.deflated++;
        this.writeFrames(batch.deflated);
      } else {
        batch.writes.plain++;
        this.writeFrames(batch.plain);
      }
    } else if (this.takesPackets) {
      batch.writes.packets++;
      for (const { text } of batch.packets) this.writePacket(text);
    }
  }

  send<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void {
    if (!this.takesPackets) return;
    // As Socket.IO's encoder would write it, without its search for binary data, of which there is none here. Parts
    // that many clients are sent, each alone, are turned into text once.
    const text = `2${jsonOf([event, payload])}`;
    this.writePacket(text);
    this.checkBacklog();
    this.#deps.metrics.delivered(event, { recipients: 1, bytes: Buffer.byteLength(text) });
  }

  /** Ends the connection when its backlog is too large. */
  checkBacklog(): void {
    if (this.backlogBytes > BACKLOG_MAX_BYTES) this.overflow();
  }

  overflow(): void {
    if (this.#isOverflowed) return;
    this.#isOverflowed = true;
    this.#deps.clock.soon(() => {
      this.#deps.metrics.slowConsumerEnded();
      this.#session.close('SLOW_CONSUMER');
    });
  }
}

export class SocketConnections implements Connections {
  readonly #connections = new Map<SessionId, SocketConnection>();
  readonly #deps: SocketConnectionsDeps;
  readonly #nextCheck: Timer;

  constructor(deps: SocketConnectionsDeps) {
    this.#deps = deps;
    this.#nextCheck = new Timer(deps.clock);
  }

  /** A connection was admitted. */
  open(socket: VoiceSocket, session: Session): void {
    this.#connections.set(session.id, new SocketConnection(socket.conn, session, this.#deps));
    this.#checkLater();
  }

  /** Its session has ended. */
  close(sessionId: SessionId): void {
    this.#connections.get(sessionId)?.end();
    this.#connections.delete(sessionId);
  }

  connectionOf(sessionId: SessionId): Connection | null {
    return this.#connections.get(sessionId) ?? null;
  }

  #checkLater(): void {
    this.#nextCheck.setOnce(BACKLOG_CHECK_MS, () => {
      for (const connection of this.#connections.values()) connection.checkBacklog();
      if (this.#connections.size > 0) this.#checkLater();
    });
  }

  onWritten(batch: EncodedBatch): void {
    const { metrics } = this.#deps;
    const { plain, deflated, packets } = batch.writes;
    const recipients = plain + deflated + packets;
    let bytes = 0;
    for (const { event, text } of batch.packets) {
      const textBytes = Buffer.byteLength(text);
      metrics.delivered(event, { recipients, bytes: recipients * textBytes });
      bytes += textBytes;
    }
    if (plain > 0) metrics.written('frames', { writes: plain, bytes: plain * batch.plain.length });
    if (deflated > 0) metrics.written('deflated', { writes: deflated, bytes: deflated * batch.deflated.length });
    if (packets > 0) metrics.written('packets', { writes: packets, bytes: packets * bytes });
  }
}
