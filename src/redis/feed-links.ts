// Contract: channels that are listened to, over whatever connections. Must not look into what is heard.

export interface FeedListener {
  onText(text: string): void;
  /** Something may have been missed up to now; from now on nothing is. */
  onPossibleGap(): void;
}

export interface FeedLinks {
  /**
   * Resolves when the channel is listened to; waits as long as that takes, unless it is refused or unsubscribed. A channel
   * has one listener.
   */
  subscribe(channel: string, listener: FeedListener): Promise<void>;
  unsubscribe(channel: string): void;
  close(): void;
}

/** What is heard after a channel was given up, or before it is listened to again. */
export class ChannelGivenUpError extends Error {
  override readonly name = 'ChannelGivenUpError';
}
