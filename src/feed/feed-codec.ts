// News as they travel on a channel: JSON, but for messages, whose finished texts are passed on and not parsed. Must not know
// the channel. The other half is in redis/lua (write-messages).
import type { MessageId } from '../protocol/ids.ts';
import type { CommitNews, MessageText, RoomNews } from './room-feed.ts';

/** Begins a text whose further lines are a message each; JSON has no line breaks of its own. */
const MESSAGES = 'messages\n';

/** How a commit begins: records are written with their position first (rooms/draft). */
const COMMIT = /^\{"kind":"commit","record":\{"epoch":"([^"\\]*)","version":(\d+),/;

/** Throws when it is no news; a commit's record may throw when it is asked for. */
export function parseNews(text: string): RoomNews {
  if (!text.startsWith(MESSAGES)) return parseCommit(text) ?? parseOther(text);
  const lines = text.slice(MESSAGES.length).split('\n');
  return { kind: 'messages', messages: lines.flatMap((line) => parseMessage(line) ?? []) };
}

/** Null when it is none. The record is parsed by whoever does not know it yet. */
function parseCommit(text: string): CommitNews | null {
  const [, epoch, version] = COMMIT.exec(text) ?? [];
  if (epoch === undefined) return null;
  return {
    kind: 'commit',
    epoch,
    version: Number(version),
    get record() {
      return (JSON.parse(text) as CommitNews).record;
    },
  };
}

/** Any other news, and a commit that is written in another order. */
function parseOther(text: string): RoomNews {
  const news = JSON.parse(text) as RoomNews;
  if (news.kind !== 'commit') return news;
  const { epoch, version } = news.record;
  return { ...news, epoch, version };
}

/** `kept|messageId|userId|JSON`, `told|…` or `summed|count|key as JSON`; null for a kind that newer servers have. */
function parseMessage(line: string): MessageText | null {
  const [kind, first, rest] = cut(line);
  if (kind === 'summed') return { kind, key: JSON.parse(rest) as string, count: Number(first) };
  if (kind !== 'kept' && kind !== 'told') return null;
  const [userId, json] = cutOnce(rest);
  return { kind, messageId: first as MessageId, userId, json };
}

function cut(line: string): [string, string, string] {
  const [kind, rest] = cutOnce(line);
  return [kind, ...cutOnce(rest)];
}

function cutOnce(text: string): [string, string] {
  const bar = text.indexOf('|');
  if (bar < 0) throw new Error('a message without its parts');
  return [text.slice(0, bar), text.slice(bar + 1)];
}
