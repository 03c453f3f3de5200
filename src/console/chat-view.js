// What is said in the room as a client keeps it: recent messages in, news folded, reactions summed. Must not know sockets
// or the page.
// @ts-check

/** @typedef {import('../protocol/messages.ts').ChatMessage} ChatMessage */
/** @typedef {import('../protocol/messages.ts').RoomMessage} RoomMessage */
/** @typedef {Exclude<RoomMessage, { kind: 'reaction' }>} Message */
/**
 * @typedef {object} Chat
 * @property {readonly Message[]} messages Oldest first.
 * @property {ReadonlySet<string>} deleted Ids that must not be shown any more, should they be heard again.
 * @property {ReadonlyMap<string, number>} reactions How often each key was heard since the page came.
 */

/** As many as the server keeps: of older ones it cannot say any more that they were deleted. */
const MESSAGES_MAX = 200;
/** Keys are the members' own words: nobody fills the page by making up new ones. */
const REACTION_KEYS_MAX = 24;

/** @type {Chat} */
const silence = { messages: [], deleted: new Set(), reactions: new Map() };

/**
 * What a snapshot says. Its chat replaces what was known of the same room; gifts and sums are in no snapshot and stay.
 * @param {readonly ChatMessage[]} recent
 * @param {Chat} [known]
 * @returns {Chat}
 */
export function toChat(recent, known = silence) {
  const others = known.messages.filter(({ kind }) => kind !== 'chat');
  const shown = recent.filter(({ messageId }) => !known.deleted.has(messageId));
  const messages = [...others, ...shown].sort((a, b) => a.at - b.at);
  return { ...known, messages: newest(messages) };
}

/**
 * What a resume says: the chat that was missed, and what is not to be shown any more.
 * @param {Chat} chat
 * @param {{ messages: readonly ChatMessage[], deletedMessages: readonly string[] }} missed
 * @returns {Chat}
 */
export function resumeChat(chat, { messages, deletedMessages }) {
  return deletedMessages.reduce(dropMessage, hearMessages(chat, messages));
}

/**
 * After a `room:messages`: a message that is known already is not shown twice (MSG-1).
 * @param {Chat} chat
 * @param {readonly RoomMessage[]} heard
 * @returns {Chat}
 */
export function hearMessages(chat, heard) {
  const reactions = new Map(chat.reactions);
  const known = new Set([...chat.messages.map(({ messageId }) => String(messageId)), ...chat.deleted]);
  /** @type {Message[]} */
  const fresh = [];
  for (const item of heard) {
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
 * The last chat message that is known, for a resume (ROOM-2).
 * @param {Chat} chat
 */
export const lastMessageId = ({ messages }) => messages.findLast(({ kind }) => kind === 'chat')?.messageId;

/** @type {(messages: Message[]) => Message[]} */
const newest = (messages) => messages.slice(-MESSAGES_MAX);
