// Commands with every defect that their schemas can have, from a member of a room. Each must be refused with a code.
import { commandNames, commandSchemas } from '../../../src/protocol/commands.ts';
import { kinds } from '../../hostile/defects.ts';
import { exampleOf } from '../../hostile/examples.ts';
import { text } from '../../hostile/raw-connection.ts';
import { admitted } from './knocking.ts';

/** Sent together; then all answers are awaited. */
const BATCH = 500;
const FRAME_MAX_BYTES = 16 * 1024;

/** All of them as event packets without the ack's number: `["name",{…}]`. */
export function defectivePackets(roomId: string): string[] {
  return commandNames.flatMap((name) => {
    const { payload, room } = exampleOf(name);
    const specimen = { schema: commandSchemas[name], payload: room === 'none' ? payload : { roomId, ...payload } };
    return Object.values(kinds)
      .flatMap((kind) => kind(specimen))
      .map((defect) => JSON.stringify([name, defect.payload]))
      .filter((packet) => Buffer.byteLength(packet) < FRAME_MAX_BYTES - 10);
  });
}

interface Fuzzing {
  readonly url: string;
  readonly token: string;
  readonly roomId: string;
  readonly packets: readonly string[];
}

/** The answers other than a refusal with code BAD_REQUEST. */
export async function fuzzSchemas({ url, token, roomId, packets }: Fuzzing): Promise<string[]> {
  const wrong: string[] = [];
  for (let from = 0; from < packets.length; from += BATCH) {
    const batch = packets.slice(from, from + BATCH);
    const connection = await admitted(url, token);
    connection.write([text(`429999["room:join",{"roomId":"${roomId}"}]`)]);
    await connection.received((message) => message.startsWith('439999'));
    connection.write(batch.map((packet, id) => text(`42${id}${packet}`)));
    await connection.received((message) => message.startsWith(`43${batch.length - 1}[`));
    const answers = new Map(
      connection.texts.flatMap((message) => {
        const [, id, answer] = /^43(\d+)\[(.*)\]$/s.exec(message) ?? [];
        return id === undefined || answer === undefined ? [] : [[Number(id), answer] as const];
      }),
    );
    batch.forEach((packet, id) => {
      const answer = answers.get(id) ?? 'no answer';
      if (!/"code":"BAD_REQUEST"/.test(answer)) wrong.push(`${packet.slice(0, 120)} → ${answer.slice(0, 120)}`);
    });
    connection.destroy();
  }
  return wrong;
}
