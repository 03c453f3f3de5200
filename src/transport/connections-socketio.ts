// The way out: the connections of this node as rooms write to them. Decides nothing; the mirror of on-command.

import type { Connection, Connections } from '../delivery/connections.ts';
import type { EncodedBatch } from '../delivery/encoded-batch.ts';
import { BACKLOG_MAX_BYTES } from '../delivery/slow-consumers.ts';
import { jsonOf } from '../lang/shared-json.ts';
import type { CancelTimer, Clock } from '../ops/clock.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { ServedSession, VoiceSocket } from './typed-socket.ts';
import { Wire } from './wire.ts';

interface SocketConnectionsDeps {
  readonly metrics: Pick<Metrics, 'delivered' | 'written' | 'gaveUp'>;
  readonly clock: Clock;
}

/** How often all connections are looked at: what users are told beside rooms is weighed by nobody else. */
const LOOK_MS = 5_000;

class SocketConnection extends Wire implements Connection {
  readonly #session: ServedSession;
  readonly #deps: SocketConnectionsDeps;
  #isGivenUp = false;

  constructor(conn: VoiceSocket['conn'], session: ServedSession, deps: SocketConnectionsDeps) {
    super(conn);
    this.#session = session;
    this.#deps = deps;
  }

  write(parcel: EncodedBatch): void {
    if (this.takesFrames) {
      if (this.inflates) {
        parcel.writes.deflated++;
        this.writeFrames(parcel.deflated);
      } else {
        parcel.writes.plain++;
        this.writeFrames(parcel.plain);
      }
    } else if (this.takesPackets) {
      parcel.writes.packets++;
      for (const { text } of parcel.packets) this.writePacket(text);
    }
  }

  send<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void {
    if (!this.takesPackets) return;
    // As Socket.IO's encoder would make it, without its search for binary, of which there is none in what we say; what many
    // are told, each alone, is made text once.
    const text = `2${jsonOf([event, payload])}`;
    this.writePacket(text);
    this.checkBacklog();
    this.#deps.metrics.delivered(event, { recipients: 1, bytes: Buffer.byteLength(text) });
  }

  /** Gives up whoever is too far behind. */
  checkBacklog(): void {
    if (this.backlogBytes > BACKLOG_MAX_BYTES) this.overflow();
  }

  overflow(): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    this.#deps.clock.soon(() => {
      this.#deps.metrics.gaveUp();
      this.#session.close('SLOW_CONSUMER');
    });
  }
}

/** All lines of this node. */
export class SocketConnections implements Connections {
  readonly #lines = new Map<SessionId, SocketConnection>();
  readonly #deps: SocketConnectionsDeps;
  #nextLook: CancelTimer | null = null;

  constructor(deps: SocketConnectionsDeps) {
    this.#deps = deps;
  }

  /** A connection has been admitted. */
  open(socket: VoiceSocket, session: ServedSession): void {
    this.#lines.set(session.id, new SocketConnection(socket.conn, session, this.#deps));
    this.#checkLater();
  }

  /** Its session has ended. */
  close(sessionId: SessionId): void {
    this.#lines.get(sessionId)?.end();
    this.#lines.delete(sessionId);
  }

  connectionOf(sessionId: SessionId): Connection | null {
    return this.#lines.get(sessionId) ?? null;
  }

  #checkLater(): void {
    this.#nextLook ??= this.#deps.clock.after(LOOK_MS, () => {
      this.#nextLook = null;
      for (const line of this.#lines.values()) line.checkBacklog();
      if (this.#lines.size > 0) this.#checkLater();
    });
  }

  onWritten(parcel: EncodedBatch): void {
    const { metrics } = this.#deps;
    const { plain, deflated, packets } = parcel.writes;
    const recipients = plain + deflated + packets;
    let bytes = 0;
    for (const { event, text } of parcel.packets) {
      const textBytes = Buffer.byteLength(text);
      metrics.delivered(event, { recipients, bytes: recipients * textBytes });
      bytes += textBytes;
    }
    if (plain > 0) metrics.written('frames', { writes: plain, bytes: plain * parcel.plain.length });
    if (deflated > 0) metrics.written('deflated', { writes: deflated, bytes: deflated * parcel.deflated.length });
    if (packets > 0) metrics.written('packets', { writes: packets, bytes: packets * bytes });
  }
}
