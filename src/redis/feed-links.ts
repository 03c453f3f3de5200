// Contract: subscriptions to channels, over any connections.

export interface FeedListener {
  onText(text: string): void;
  /** Something may have been missed up to now. From now on nothing is missed. */
  onPossibleGap(): void;
}

export interface FeedLinks {
  /**
   * Resolves when the channel is subscribed, however long that takes. Rejects when the server refuses it, or when it is
   * unsubscribed before. A channel has one listener.
   */
  subscribe(channel: string, listener: FeedListener): Promise<void>;
  unsubscribe(channel: string): void;
  close(): void;
}

/** The channel was unsubscribed, or subscribed again for another listener, before the subscription took effect. */
export class ChannelGivenUpError extends Error {
  override readonly name = 'ChannelGivenUpError';
}
