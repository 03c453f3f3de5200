// A member that sends large messages into a room, a fixed number a second, and is not recorded.
import { Member } from '../../../bench/load/member.ts';
import { monotonicMs, pauseMs } from '../../../bench/monotonic.ts';
import { SECRET } from '../cluster.ts';
import { tokenFor } from '../token.ts';
import { portOf } from './idle-sockets.ts';

/** Close to the largest allowed body. */
const BODY = { padding: 'x'.repeat(1_900) };
const STEP_MS = 10;
/** The limit of unanswered messages: more are not sent. */
const WAITING_MAX = 200;

interface Speaking {
  readonly url: string;
  readonly userId: string;
  readonly roomId: string;
  readonly perSecond: number;
}

/** Resolves once in the room and sending. `stop()` resolves with how much was accepted. */
export async function speak({ url, userId, roomId, perSecond }: Speaking): Promise<{ stop(): number }> {
  const address = { host: '127.0.0.1', port: portOf(url) };
  const member = await new Promise<Member>((resolve, reject) => {
    const enter = [['room:join', { roomId }]] as const;
    const options = { address, deflate: false, userId, token: tokenFor(userId, SECRET), enter };
    const onEnded = (_: Member, reason: string) => reject(new Error(`a speaker ended: ${reason}`));
    new Member(0, options, { onReady: resolve, onEnded, onNews: () => undefined });
  });
  const packet = JSON.stringify(['message:send', { roomId, kind: 'custom', body: BODY }]);
  let [isOver, waiting, accepted, sent] = [false, 0, 0, 0];
  const from = monotonicMs();
  void (async () => {
    while (!isOver) {
      const due = ((monotonicMs() - from) / 1_000) * perSecond;
      for (; sent < due && waiting < WAITING_MAX; sent++) {
        waiting++;
        member.askText(packet, (refusal) => {
          waiting--;
          if (refusal === null) accepted++;
        });
      }
      await pauseMs(STEP_MS);
    }
  })();
  return {
    stop() {
      isOver = true;
      member.connection.close();
      return accepted;
    },
  };
}
