// Reads news from the text of a channel. News is JSON, except messages: their finished texts are passed on unparsed.
// The writing half is in redis/lua (write-messages).
import type { MessageId } from '../protocol/ids.ts';
import type { CommitNews, MessageText, RoomNews } from './room-feed.ts';

/** Begins a text in which each further line is a message. JSON has no line breaks of its own. */
const MESSAGES = 'messages\n';

/** How a commit begins: records are written with their position first (rooms/turns/turn-draft). */
const COMMIT = /^\{"kind":"commit","record":\{"epoch":"([^"\\]*)","version":(\d+),/;

/** Throws when the text is no news. The record of a commit is parsed later, and may throw when it is read. */
export function parseNews(text: string): RoomNews {
  if (!text.startsWith(MESSAGES)) return parseCommit(text) ?? parseOther(text);
  const lines = text.slice(MESSAGES.length).split('\n');
  return { kind: 'messages', messages: lines.flatMap((line) => parseMessage(line) ?? []) };
}

/** Null when the text is no commit. The record is parsed only when it is read: a node often has the commit already. */
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

/** Any other news, and a commit whose fields stand in another order. */
function parseOther(text: string): RoomNews {
  const news = JSON.parse(text) as RoomNews;
  if (news.kind !== 'commit') return news;
  const { epoch, version } = news.record;
  return { ...news, epoch, version };
}

/** `kept|messageId|userId|JSON`, `told|…` or `summed|count|key as JSON`. Null: a kind that only newer servers know. */
function parseMessage(line: string): MessageText | null {
  const [kind, fields] = cutOnce(line);
  const [first, rest] = cutOnce(fields);
  if (kind === 'summed') return { kind, key: JSON.parse(rest) as string, count: Number(first) };
  if (kind !== 'kept' && kind !== 'told') return null;
  const [userId, json] = cutOnce(rest);
  return { kind, messageId: first as MessageId, userId, json };
}

function cutOnce(text: string): [string, string] {
  const bar = text.indexOf('|');
  if (bar < 0) throw new Error('a field of the message is missing');
  return [text.slice(0, bar), text.slice(bar + 1)];
}
