// The messages of the room as a client keeps them: recent messages, then new ones, deletions, and sums of reactions.
// @ts-check

/** @typedef {import('../protocol/messages.ts').ChatMessage} ChatMessage */
/** @typedef {import('../protocol/messages.ts').RoomMessage} RoomMessage */
/** @typedef {Exclude<RoomMessage, { kind: 'reaction' }>} Message */
/**
 * @typedef {object} Chat
 * @property {readonly Message[]} messages Oldest first.
 * @property {ReadonlySet<string>} deleted Ids that must not be shown, should the message come again.
 * @property {ReadonlyMap<string, number>} reactions The sum of each key since the page joined.
 */

/** The number that the server keeps; it does not announce deletions of older messages. */
const MESSAGES_MAX = 200;
/** Members choose the keys freely, so their number is limited. */
const REACTION_KEYS_MAX = 24;

/** @type {Chat} */
const silence = { messages: [], deleted: new Set(), reactions: new Map() };

/**
 * The messages after a snapshot. Its chat replaces the known chat of the same room; gifts and sums are in no snapshot
 * and stay.
 * @param {readonly ChatMessage[]} recent
 * @param {Chat} [known]
 * @returns {Chat}
 */
export function toChat(recent, known = silence) {
  const others = known.messages.filter(({ kind }) => kind !== 'chat');
  const visible = recent.filter(({ messageId }) => !known.deleted.has(messageId));
  const messages = [...others, ...visible].sort((a, b) => a.at - b.at);
  return { ...known, messages: newest(messages) };
}

/**
 * The messages after a resume, which brings the missed chat and the ids of deleted messages.
 * @param {Chat} chat
 * @param {{ messages: readonly ChatMessage[], deletedMessages: readonly string[] }} missed
 * @returns {Chat}
 */
export function resumeChat(chat, { messages, deletedMessages }) {
  return deletedMessages.reduce(dropMessage, addMessages(chat, messages));
}

/**
 * The messages after a `room:messages`; a known message is not shown twice (MSG-1).
 * @param {Chat} chat
 * @param {readonly RoomMessage[]} news
 * @returns {Chat}
 */
export function addMessages(chat, news) {
  const reactions = new Map(chat.reactions);
  const known = new Set([...chat.messages.map(({ messageId }) => String(messageId)), ...chat.deleted]);
  /** @type {Message[]} */
  const fresh = [];
  for (const item of news) {
    if (item.kind === 'reaction') {
      if (reactions.has(item.key) || reactions.size < REACTION_KEYS_MAX) {
        reactions.set(item.key, (reactions.get(item.key) ?? 0) + item.count);
      }
    } else if (!known.has(item.messageId)) {
      known.add(item.messageId);
      fresh.push(item);
    }
  }
  return { ...chat, messages: newest([...chat.messages, ...fresh]), reactions };
}

/**
 * @param {Chat} chat
 * @param {string} messageId
 * @returns {Chat}
 */
export function dropMessage(chat, messageId) {
  return {
    ...chat,
    messages: chat.messages.filter((message) => message.messageId !== messageId),
    deleted: new Set([...chat.deleted, messageId].slice(-MESSAGES_MAX)),
  };
}

/**
 * The id of the last known chat message, for a resume (ROOM-2).
 * @param {Chat} chat
 */
export const lastMessageId = ({ messages }) => messages.findLast(({ kind }) => kind === 'chat')?.messageId;

/** @type {(messages: Message[]) => Message[]} */
const newest = (messages) => messages.slice(-MESSAGES_MAX);
