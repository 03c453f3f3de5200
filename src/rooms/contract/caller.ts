// Who calls: one authenticated connection. Data only; must not hold the token.
import type { SessionId, UserId } from '../../protocol/ids.ts';

export interface Caller {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly name: string;
  readonly avatar: string;
  readonly level: number;
}
