// The load client's process: one crowd, controlled by the bench over the channel.
import { answerParent } from '../process/remote.ts';
import { Crowd, type Gathering } from './crowd.ts';
import { type Drive, drive } from './drive.ts';
import type { Expectation } from './ledger.ts';

const crowd = new Crowd();

const methods = {
  gather: (gathering: Gathering) => crowd.gather(gathering),
  expect: (expectation: Expectation) => crowd.expect(expectation),
  count: (_: null) => crowd.count(),
  stall: (count: number) => crowd.stall(count),
  drive: (how: Drive) => drive(crowd.members, how),
  disperse: (_: null) => crowd.disperse(),
};

export type CrowdMethods = typeof methods;

answerParent(methods);
