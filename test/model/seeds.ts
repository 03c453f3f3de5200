// Faults that the model test found, kept as named tests: seed and path as fast-check printed them, and the story.
import type { Story } from './story.ts';

export interface FoundFault {
  /** The rule, and a sentence about the fault. */
  readonly fault: string;
  /**
   * The run that found the fault. Seed and path lead to it only while the generators stay the same. 0 and '': the fault
   * was found by reading the code, and random users would seldom meet it.
   */
  readonly seed: number;
  readonly path: string;
  /** The counterexample. It does not depend on the generators. */
  readonly story: Story;
}

const founding = {
  seatMode: 'request',
  seatCount: 3,
  ownerSeat: 0,
  graceMs: 0,
  priority: false,
  admins: ['ada', 'abe'],
} satisfies Story['founding'];

export const foundFaults: readonly FoundFault[] = [
  {
    fault: '[PRES-1] a user called "constructor" was away from the beginning, and so never had a grace',
    seed: 20_260_901,
    path: '0:0:0:0:0:1:0:0:1:2:3:3',
    story: {
      founding,
      steps: [{ who: 'system', name: 'member:return', input: { userId: 'constructor' }, waitMs: 0 }],
    },
  },
  {
    fault: '[REQ-1] a new request after the deadline of the old one was answered with the old position',
    seed: 20_260_901,
    path: '45:1:1:5:2:4:4:11:11:11:11:11:11:16:16:22:27:27:33:33:33:39:50:50:50:50:52:2:2:1:7:11:5:0:9:9:9:9',
    story: {
      founding,
      steps: [
        { who: 'olga', name: 'request:send', input: {}, waitMs: 0 },
        { who: 'olga', name: 'request:send', input: {}, waitMs: 600_000 },
      ],
    },
  },
  {
    fault:
      '[ROOM-7] an admin whose grace ended in the same sweep as the owner’s became the owner of a room without being in it',
    seed: 0,
    path: '',
    story: {
      founding: { ...founding, seatMode: 'free', ownerAbsent: 'promote', admins: ['ada'] },
      steps: [
        { who: 'ada', name: 'seat:take', input: {}, waitMs: 0 },
        { who: 'system', name: 'member:drop', input: { userId: 'ada' }, waitMs: 0 },
        { who: 'system', name: 'member:drop', input: { userId: 'olga' }, waitMs: 0 },
        { who: 'system', name: 'room:sweep', input: {}, waitMs: 1 },
      ],
    },
  },
  {
    fault: '[PRES-6] an owner banned by the backend was still an admin of the room under its new owner',
    seed: 0,
    path: '',
    story: {
      founding: { ...founding, ownerAbsent: 'promote' },
      steps: [{ who: 'service', name: 'member:ban', input: { userId: 'olga' }, waitMs: 0 }],
    },
  },
];
