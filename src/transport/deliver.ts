// The way out: the connections of this node as rooms write to them. Decides nothing; the mirror of on-command.
import type { Line, Outbound } from '../fanout/outbound.ts';
import type { Parcel } from '../fanout/parcel.ts';
import { jsonOf } from '../lang/shared-json.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { Session } from './session.ts';
import type { VoiceSocket } from './typed-socket.ts';
import { Wire } from './wire.ts';

type Counts = Pick<Metrics, 'delivered' | 'written' | 'gaveUp'>;

class SocketLine extends Wire implements Line {
  readonly #session: Session;
  readonly #metrics: Counts;

  constructor(conn: VoiceSocket['conn'], session: Session, metrics: Counts) {
    super(conn);
    this.#session = session;
    this.#metrics = metrics;
  }

  write(parcel: Parcel): void {
    if (this.takesFrames) {
      if (this.inflates) {
        parcel.ways.deflated++;
        this.writeFrames(parcel.deflated);
      } else {
        parcel.ways.plain++;
        this.writeFrames(parcel.plain);
      }
    } else if (this.takesPackets) {
      parcel.ways.packets++;
      for (const { text } of parcel.packets) this.writePacket(text);
    }
  }

  send<Name extends ServerEventName>(event: Name, payload: ServerEventPayload<Name>): void {
    if (!this.takesPackets) return;
    // As Socket.IO's encoder would make it, without its search for binary, of which there is none in what we say; what many
    // are told, each alone, is made text once.
    const text = `2${jsonOf([event, payload])}`;
    this.writePacket(text);
    this.#metrics.delivered(event, { recipients: 1, bytes: Buffer.byteLength(text) });
  }

  giveUp(): void {
    this.#metrics.gaveUp();
    this.#session.close('SLOW_CONSUMER');
  }
}

/** All lines of this node. */
export class Lines implements Outbound {
  readonly #lines = new Map<SessionId, SocketLine>();
  readonly #metrics: Counts;

  constructor(metrics: Counts) {
    this.#metrics = metrics;
  }

  /** A connection has been admitted. */
  open(socket: VoiceSocket, session: Session): void {
    this.#lines.set(session.id, new SocketLine(socket.conn, session, this.#metrics));
  }

  /** Its session has ended. */
  close(sessionId: SessionId): void {
    this.#lines.get(sessionId)?.end();
    this.#lines.delete(sessionId);
  }

  line(sessionId: SessionId): Line | null {
    return this.#lines.get(sessionId) ?? null;
  }

  written(parcel: Parcel): void {
    const { plain, deflated, packets } = parcel.ways;
    const recipients = plain + deflated + packets;
    let bytes = 0;
    for (const { event, text } of parcel.packets) {
      const textBytes = Buffer.byteLength(text);
      this.#metrics.delivered(event, { recipients, bytes: recipients * textBytes });
      bytes += textBytes;
    }
    if (plain > 0) this.#metrics.written('frames', { writes: plain, bytes: plain * parcel.plain.length });
    if (deflated > 0) this.#metrics.written('deflated', { writes: deflated, bytes: deflated * parcel.deflated.length });
    if (packets > 0) this.#metrics.written('packets', { writes: packets, bytes: packets * bytes });
  }
}
