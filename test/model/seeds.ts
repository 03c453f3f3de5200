// What the model test has found: the seed and path that fast-check printed, and the shrunk story, kept as named tests.
import type { Story } from './story.ts';

export interface FoundFault {
  /** The rule and what was wrong, in words. */
  readonly fault: string;
  /**
   * The run that found it; seed and path lead there only while the generators are what they were. 0 and '': it was found
   * by reading, and random people would seldom come to it.
   */
  readonly seed: number;
  readonly path: string;
  /** The counterexample, which stays true whatever becomes of the generators. */
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
    fault: '[REQ-1] a request sent anew after the deadline of the old one was answered with the dead one’s position',
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
      '[ROOM-7] an admin whose grace ended in the same sweep as the owner’s became the owner of a room he was not in',
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
    fault: '[PRES-6] an owner whom the backend banned was an admin of the room that somebody else got',
    seed: 0,
    path: '',
    story: {
      founding: { ...founding, ownerAbsent: 'promote' },
      steps: [{ who: 'service', name: 'member:ban', input: { userId: 'olga' }, waitMs: 0 }],
    },
  },
];
