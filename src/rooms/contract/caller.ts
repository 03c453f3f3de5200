// The author of a client's command: one authenticated connection and its user's profile.
import type { SessionId, UserId } from '../../protocol/ids.ts';

export interface Caller {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly name: string;
  readonly avatar: string;
  readonly level: number;
}
