// A campaign of hostile frames: a few connections at a time write harmless pieces of a level, and then a deadly one.
import { Dice } from './dice.ts';
import type { Level } from './frames.ts';
import { frame, opcodes, type RawConnection, text } from './raw-connection.ts';

/** The number of hostile connections that are open at a time. */
const POOL = 6;

export interface Campaign {
  readonly level: Level;
  readonly connections: number;
  readonly pieces: number;
  /** Opens a connection; `isAlive` asks it for an answer that comes after the answers to everything before. */
  readonly begin: (index: number) => Promise<RawConnection>;
  readonly isAlive: (connection: RawConnection) => Promise<boolean>;
}

/** Runs the connections; returns the number of frames written, and the connections that ended too early. */
export async function runCampaign(campaign: Campaign, seed: number): Promise<{ frames: number; died: string[] }> {
  const died: string[] = [];
  let frames = 0;
  let next = 0;
  const worker = async () => {
    while (next < campaign.connections) {
      const index = next++;
      const dice = new Dice(seed * 1_000 + index);
      const { harmless, deadly } = campaign.level;
      const connection = await campaign.begin(index);
      const write = (pieces: readonly Buffer[]) => {
        frames += pieces.length;
        connection.write(pieces);
      };
      write(Array.from({ length: campaign.pieces }, () => dice.pick(harmless)(dice)).flat());
      if (!(await campaign.isAlive(connection))) died.push(`seed ${seed}, connection ${index}`);
      write(dice.pick(deadly)(dice));
      if (dice.below(5) === 0) connection.destroy();
      else connection.end();
      await connection.closed;
    }
  };
  await Promise.all(Array.from({ length: POOL }, worker));
  return { frames, died };
}

export const answersPing = async (connection: RawConnection): Promise<boolean> => {
  connection.write([frame({ opcode: opcodes.ping, payload: Buffer.from('still there?') })]);
  return (await connection.received((message) => message === 'pong still there?')) !== null;
};

export const answersEvent = async (connection: RawConnection): Promise<boolean> => {
  connection.write([text('42123456789["still:there?"]')]);
  return (await connection.received((message) => message.startsWith('43123456789['))) !== null;
};
