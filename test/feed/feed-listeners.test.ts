// The listeners of a channel: each gets the news, and one that fails has a possible gap.
import { expect, test } from 'vitest';
import { FeedListeners } from '../../src/feed/feed-listeners.ts';
import { createLogger } from '../../src/ops/logger.ts';

class Listener {
  readonly news: number[] = [];
  gaps = 0;
  onNews: (news: number) => void = (news) => void this.news.push(news);
  onPossibleGap(): void {
    this.gaps++;
  }
}

test('[F2] a text that is no news, or a listener that throws, is a possible gap for that listener alone', () => {
  const lines: string[] = [];
  const logger = createLogger('error', { write: (line) => lines.push(line) });
  const listeners = new FeedListeners<number>({ channel: 'c', logger, parse: (text) => JSON.parse(text) as number });
  const [broken, sound] = [new Listener(), new Listener()];
  broken.onNews = () => {
    throw new Error('a bug');
  };
  listeners.add(broken);
  listeners.add(sound);
  listeners.onText('1');
  expect([broken.gaps, sound.gaps, sound.news]).toEqual([1, 0, [1]]);
  listeners.onText('not json');
  expect([broken.gaps, sound.gaps, sound.news]).toEqual([2, 1, [1]]);
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    Array.from({ length: 3 }, () => expect.objectContaining({ event: 'feed.news.failed', channel: 'c' })),
  );
  listeners.delete(broken);
  listeners.onPossibleGap();
  expect([broken.gaps, sound.gaps, listeners.size]).toEqual([2, 2, 1]);
});
