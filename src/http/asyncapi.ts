// GET /asyncapi.json: the Socket.IO interface, described from the tables of commands, acks and server events.
import { ackSchemas } from '../protocol/acks.ts';
import { type CommandName, commandNames, commandSchemas } from '../protocol/commands.ts';
import { errorBodySchema } from '../protocol/errors.ts';
import { serverEventSchemas } from '../protocol/server-events.ts';
import { errorAnswer, jsonSchema, successAnswer } from './openapi.ts';

/** An AsyncAPI 3.0 document: the clients' commands (`receive`, each with its ack as reply), and the events (`send`). */
export function describeSockets(version: string): Record<string, unknown> {
  const commands = Object.entries(commandSchemas);
  const events = Object.entries(serverEventSchemas);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Maiwei sockets',
      version,
      description: 'Socket.IO v4, namespace /, path /socket.io/, auth { token, protocol }. Every command has one ack.',
    },
    defaultContentType: 'application/json',
    channels: {
      room: {
        address: '/socket.io/',
        messages: Object.fromEntries([
          ...commands.map(([name, schema]) => [keyOf(name), messageOf(name, jsonSchema(schema, 'input'))]),
          ...commandNames.map((name) => [ackKeyOf(name), messageOf(`${name} ack`, ackOf(name))]),
          ...events.map(([name, schema]) => [keyOf(name), messageOf(name, jsonSchema(schema, 'output'))]),
        ]),
      },
    },
    operations: Object.fromEntries([
      ...commandNames.map((name) => [
        keyOf(name),
        { action: 'receive', ...referenceTo(keyOf(name)), reply: referenceTo(ackKeyOf(name)) },
      ]),
      ...events.map(([name]) => [keyOf(name), { action: 'send', ...referenceTo(keyOf(name)) }]),
    ]),
    components: { schemas: { Error: jsonSchema(errorBodySchema, 'output') } },
  };
}

/** Names in AsyncAPI consist of letters, digits, `.`, `-` and `_`. */
const keyOf = (name: string): string => name.replaceAll(':', '.');
const ackKeyOf = (name: string): string => `${keyOf(name)}.ack`;

const messageOf = (name: string, payload: object) => ({ name, payload });

/** The message of that key, in the one channel that there is. */
const referenceTo = (key: string) => ({
  channel: { $ref: '#/channels/room' },
  messages: [{ $ref: `#/channels/room/messages/${key}` }],
});

const ackOf = (name: CommandName) => ({ oneOf: [successAnswer(ackSchemas[name]), errorAnswer] });
