// A room with three members on two nodes, with a seam before the store of one node, and helpers that send messages.
import { beforeEach } from 'vitest';
import { createMemoryEngines, type Engines } from '../../src/engines.ts';
import { type Interposed, interpose } from '../support/interposed.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Person, RoomNode } from '../support/room-node.ts';

export const inRoom = { roomId: 'r1' };

export class MessageScene {
  readonly clock = new ManualClock();
  readonly engines: Engines = createMemoryEngines(this.clock);
  readonly seam: Interposed = interpose(this.engines);
  /** The node of alice, behind the seam. */
  readonly here = new RoomNode(this.seam, this.clock);
  /** The node of the owner and of bob. */
  readonly there = new RoomNode(this.engines, this.clock);
  readonly owner: Person = this.there.connect('owner');
  readonly alice: Person = this.here.connect('alice');
  readonly bob: Person = this.there.connect('bob');

  async open(): Promise<void> {
    await this.owner.do('room:create', { ...inRoom, title: 'A', seatMode: 'free' });
    for (const person of [this.alice, this.bob]) await person.do('room:join', inRoom);
  }
}

/** Builds a new scene for every test; the function returns the present one. */
export function useMessageScene(): () => MessageScene {
  let scene: MessageScene;
  beforeEach(async () => {
    scene = new MessageScene();
    await scene.open();
  });
  return () => scene;
}

export const sendChat = (person: Person, text: string, more: { commandId?: string } = {}) =>
  person.do('message:send', { ...inRoom, ...more, kind: 'chat', body: { text } });

export const trySendChat = (person: Person, text: string) =>
  person.try('message:send', { ...inRoom, kind: 'chat', body: { text } });

export const messagesOf = (person: Person) => person.payloadsOf('room:messages').flatMap(({ messages }) => messages);

export const textsOf = (person: Person) =>
  messagesOf(person).flatMap((message) => (message.kind === 'chat' ? [message.body.text] : []));
