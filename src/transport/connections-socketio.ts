// The way out: the connections of this node as rooms write to them. Decides nothing; the mirror of on-command.

import type { Line, Outbound } from '../delivery/connections.ts';
import type { Parcel } from '../delivery/encoded-batch.ts';
import { BACKLOG_MAX_BYTES } from '../delivery/slow-consumers.ts';
import { jsonOf } from '../lang/shared-json.ts';
import type { CancelTimer, Clock } from '../ops/clock.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { SessionId } from '../protocol/ids.ts';
import type { ServerEventName, ServerEventPayload } from '../protocol/server-events.ts';
import type { ServedSession, VoiceSocket } from './typed-socket.ts';
import { Wire } from './wire.ts';

interface Around {
  readonly metrics: Pick<Metrics, 'delivered' | 'written' | 'gaveUp'>;
  readonly clock: Clock;
}

/** How often all connections are looked at: what users are told beside rooms is weighed by nobody else. */
const LOOK_MS = 5_000;

class SocketLine extends Wire implements Line {
  readonly #session: ServedSession;
  readonly #around: Around;
  #isGivenUp = false;

  constructor(conn: VoiceSocket['conn'], session: ServedSession, around: Around) {
    super(conn);
    this.#session = session;
    this.#around = around;
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
    this.weigh();
    this.#around.metrics.delivered(event, { recipients: 1, bytes: Buffer.byteLength(text) });
  }

  /** Gives up whoever is too far behind. */
  weigh(): void {
    if (this.backlogBytes > BACKLOG_MAX_BYTES) this.giveUp();
  }

  giveUp(): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    this.#around.clock.soon(() => {
      this.#around.metrics.gaveUp();
      this.#session.close('SLOW_CONSUMER');
    });
  }
}

/** All lines of this node. */
export class Lines implements Outbound {
  readonly #lines = new Map<SessionId, SocketLine>();
  readonly #around: Around;
  #nextLook: CancelTimer | null = null;

  constructor(around: Around) {
    this.#around = around;
  }

  /** A connection has been admitted. */
  open(socket: VoiceSocket, session: ServedSession): void {
    this.#lines.set(session.id, new SocketLine(socket.conn, session, this.#around));
    this.#lookLater();
  }

  /** Its session has ended. */
  close(sessionId: SessionId): void {
    this.#lines.get(sessionId)?.end();
    this.#lines.delete(sessionId);
  }

  line(sessionId: SessionId): Line | null {
    return this.#lines.get(sessionId) ?? null;
  }

  #lookLater(): void {
    this.#nextLook ??= this.#around.clock.after(LOOK_MS, () => {
      this.#nextLook = null;
      for (const line of this.#lines.values()) line.weigh();
      if (this.#lines.size > 0) this.#lookLater();
    });
  }

  written(parcel: Parcel): void {
    const { metrics } = this.#around;
    const { plain, deflated, packets } = parcel.ways;
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
