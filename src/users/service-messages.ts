// Messages of the app's backend to one user, or to everyone, outside of rooms (MSG-5).
import type { UserDelivery } from '../delivery/user-delivery.ts';
import type { Random } from '../ops/random.ts';
import type { MessageId, UserId } from '../protocol/ids.ts';
import { BODY_MAX_BYTES, type ServiceMessage } from '../protocol/messages.ts';
import { tooLarge } from '../protocol/payload.ts';
import { type Outcome, succeed } from '../rooms/contract/outcome.ts';

interface ServiceMessagesDeps {
  readonly outbound: UserDelivery;
  readonly random: Random;
  /** Store time, Unix milliseconds. */
  readonly storeNow: () => number;
}

/** Both methods answer `{ messageId, at }` or PAYLOAD_TOO_LARGE. They do not know whether a client got the message. */
export class ServiceMessages {
  readonly #deps: ServiceMessagesDeps;

  constructor(deps: ServiceMessagesDeps) {
    this.#deps = deps;
  }

  toUser(userId: UserId, notice: ServiceMessage): Outcome {
    return this.#send(notice, (head) =>
      this.#deps.outbound.toUser(userId, 'service:message', { ...notice, ...head, to: 'user' }),
    );
  }

  toEveryone(notice: ServiceMessage): Outcome {
    return this.#send(notice, (head) =>
      this.#deps.outbound.toEveryone('service:message', { ...notice, ...head, to: 'everyone' }),
    );
  }

  #send({ body }: ServiceMessage, send: (head: { messageId: MessageId; at: number }) => void): Outcome {
    const excess = tooLarge(body, BODY_MAX_BYTES);
    if (excess) return { ok: false, rejection: excess };
    const head = { messageId: this.#deps.random.id() as MessageId, at: this.#deps.storeNow() };
    send(head);
    return succeed(head);
  }
}
