// Four nodes, with the room's members on two of them. It measures how many messages Redis sends for each event, and
// what reaches the nodes without members of the room.
import { steady } from '../load/schedule.ts';
import { type RedisTap, tapRedis } from '../process/redis-tap.ts';
import { broadcast, OBSERVERS } from './broadcast.ts';
import type { Measured, Scenario } from './scenario.ts';
import { assemble, onStage, ROOM } from './stage.ts';

const NODES = 4;
const NODES_WITH_MEMBERS = 2;

export const cluster: Scenario = {
  name: 'cluster',
  title: `${NODES} nodes, the room on ${NODES_WITH_MEMBERS} of them`,
  subjects: ['maiwei', 'stock'],
  size: { members: 200, rate: 50, seconds: 3 },
  measure: async ({ subject, size: { members, rate, seconds } }) => {
    const taps: RedisTap[] = [];
    const onTap = async (redisUrl: string) => {
      const tap = await tapRedis(redisUrl);
      taps.push(tap);
      return tap.url;
    };
    try {
      return await onStage({ subject, nodes: NODES, redisOf: onTap }, async (stage): Promise<Measured> => {
        const servers = stage.servers.slice(0, NODES_WITH_MEMBERS);
        const assembled = await assemble(stage, { subject, members, observers: OBSERVERS, servers });
        const warmed = () => (before = taps.map(aboutRoom));
        let before = taps.map(aboutRoom);
        const schedule = steady(rate, seconds);
        const { cost, ...measured } = await broadcast(stage, assembled, { schedule, seconds, onWarm: warmed });
        const messages = taps.map((tap, index) => aboutRoom(tap) - (before[index] as number));
        const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
        return {
          ...measured,
          numbers: {
            ...measured.numbers,
            redisMessagesPerEvent: sum(messages) / schedule.count,
            idleNodeMessages: sum(messages.slice(NODES_WITH_MEMBERS)),
            idleNodeCpuUsPerEvent: sum(cost.cpuUs.slice(NODES_WITH_MEMBERS)) / schedule.count,
          },
        };
      });
    } finally {
      for (const tap of taps) await tap.stop();
    }
  },
};

/**
 * Messages on channels that carry the room's broadcasts. The stock adapter has one channel for all rooms, or one named
 * after the room.
 */
function aboutRoom(tap: RedisTap): number {
  const isAbout = (channel: string) => channel.includes(ROOM) || channel.startsWith('socket.io#/#');
  return [...tap.messages()].reduce((sum, [channel, count]) => sum + (isAbout(channel) ? count : 0), 0);
}
