// The protocol and its version: a change of a schema fails here until its effect on clients has been decided.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ackSchemas } from '../../src/protocol/acks.ts';
import { commandSchemas, stageAckSchemas } from '../../src/protocol/commands.ts';
import { closingTable, errorBodySchema, errorTable } from '../../src/protocol/errors.ts';
import { claimsSchema, handshakeSchema, sessionAckSchemas } from '../../src/protocol/handshake.ts';
import { messageAckSchemas } from '../../src/protocol/messages.ts';
import { serverEventSchemas } from '../../src/protocol/server-events.ts';
import { roomAckSchemas } from '../../src/protocol/snapshot.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/version.ts';

/**
 * Adding a command, an event or an optional field: write the new hash here.
 * Anything that breaks a client: raise PROTOCOL_VERSION, give its history a line, then write the new hash here.
 */
const known = { version: 1, hash: '9b3478a6733b3553' };

function hashOfTheProtocol(): string {
  const schemas = {
    ...commandSchemas,
    ...prefixed('ack ', ackSchemas),
    ...serverEventSchemas,
  };
  const texts = Object.entries(schemas).map(
    ([name, schema]) => `${name} ${JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))}`,
  );
  const rest = [handshakeSchema, claimsSchema, errorBodySchema].map((schema) =>
    JSON.stringify(z.toJSONSchema(schema, { io: 'input' })),
  );
  const all = [...texts.sort(), ...rest, JSON.stringify(errorTable), JSON.stringify(closingTable)].join('\n');
  return createHash('sha256').update(all).digest('hex').slice(0, 16);
}

const prefixed = (prefix: string, schemas: Record<string, z.ZodType>) =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [`${prefix}${name}`, schema]));

test('[CONN-3] the schemas are those of the protocol version', () => {
  expect({ version: PROTOCOL_VERSION, hash: hashOfTheProtocol() }).toEqual(known);
});

test('[ACK-1] every command has an ack, every ack has a command', () => {
  const tables = [stageAckSchemas, roomAckSchemas, messageAckSchemas, sessionAckSchemas];
  const acks = tables.flatMap((schemas) => Object.keys(schemas));
  expect(acks.sort()).toEqual(Object.keys(commandSchemas).sort());
});

test('[ACK-1][CONN-10] the tables are closed and complete', () => {
  for (const [code, row] of Object.entries(errorTable)) {
    expect(code).toMatch(/^[A-Z_]+$/);
    expect([row.message.length > 10, row.httpStatus >= 400 && row.httpStatus < 600]).toEqual([true, true]);
    expect([429, 503].includes(row.httpStatus)).toBe(row.retryable);
  }
  expect(Object.fromEntries(Object.entries(closingTable).map(([code, { reconnect }]) => [code, reconnect]))).toEqual({
    DRAINING: 'after',
    SLOW_CONSUMER: 'now',
    TOKEN_EXPIRED: 'after',
    REVOKED: 'never',
    REPLACED: 'never',
    PROTOCOL_ERROR: 'never',
    OVERLOADED: 'after',
    SERVER_ERROR: 'after',
  });
});

test('[CONN-2] ids are short, and of an alphabet that is safe everywhere', () => {
  const roomId = commandSchemas['room:leave'].shape.roomId;
  for (const good of ['a', 'A-z_9', 'x'.repeat(63)]) expect(roomId.safeParse(good).success).toBe(true);
  for (const bad of ['', 'x'.repeat(64), 'a b', 'a:b', '{a}', 'a*', 'ä', 'a\n', 'a/b', 7, null]) {
    expect(roomId.safeParse(bad).success).toBe(false);
  }
});
