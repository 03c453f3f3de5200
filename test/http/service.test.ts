// HTTP for the app's backend and operators: creating rooms, every command as `service`, lists, descriptions.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandNames } from '../../src/protocol/commands.ts';
import { errorBodySchema } from '../../src/protocol/errors.ts';
import { serverEventSchemas } from '../../src/protocol/server-events.ts';
import { type AppClient, connectAs, devToken } from '../support/app-client.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp;
let alice: AppClient;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  app = await startTestApp();
  for (const scope of ['user', 'service', 'admin']) {
    tokens[scope] = await devToken(app.url, { userId: `a-${scope}`, scope });
  }
  alice = await connectAs(app.url, 'alice');
});
afterAll(async () => {
  alice.close();
  await app.stop();
});

type Scope = 'user' | 'service' | 'admin' | 'nobody';

async function call(scope: Scope, path: string, body?: unknown) {
  const response = await fetch(`${app.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(scope === 'nobody' ? {} : { authorization: `Bearer ${tokens[scope]}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const answer = (await response.json()) as {
    ok: boolean;
    data: Readonly<Record<string, unknown>>;
    error: { code: string };
  };
  return { status: response.status, ...answer };
}

const command = (roomId: string, name: string, payload: object = {}, scope: Scope = 'service') =>
  call(scope, `/v1/rooms/${roomId}/commands`, { command: name, payload });

/** Alice's next event of that name. */
const nextEvent = (event: string) => new Promise((resolve) => alice.socket.once(event, resolve));

describe('[HTTP-6] the access to each route', () => {
  const routes: readonly [path: string, body: unknown, allowed: readonly Scope[]][] = [
    ['/v1/rooms', undefined, ['user', 'service', 'admin']],
    ['/v1/rooms', { ownerId: 'o', title: 'A', roomId: 'taken' }, ['service', 'admin']],
    ['/v1/rooms/nowhere/members', undefined, ['service', 'admin']],
    ['/v1/rooms/nowhere/commands', { command: 'room:close' }, ['service', 'admin']],
    ['/v1/rooms/nowhere/messages', { kind: 'chat', body: { text: 'x' } }, ['service', 'admin']],
    ['/v1/users/nobody/messages', { kind: 'x', body: {} }, ['service', 'admin']],
    ['/v1/messages', { kind: 'x', body: {} }, ['service', 'admin']],
    ['/v1/users/nobody/revoke', {}, ['service', 'admin']],
    ['/v1/admin/nodes', undefined, ['admin']],
    ['/v1/admin/rooms', undefined, ['admin']],
  ];
  test.for(routes)('%s %j', async ([path, body, allowed]) => {
    for (const scope of ['nobody', 'user', 'service', 'admin'] as const) {
      const { status } = await call(scope, path, body);
      const denied = scope === 'nobody' ? 401 : 403;
      if (allowed.includes(scope)) expect([401, 403], `${scope} ${status}`).not.toContain(status);
      else expect([scope, status]).toEqual([scope, denied]);
    }
  });
});

describe('[ROOM-1] rooms created by the backend', () => {
  test('have an owner who joins later; a repetition with the same commandId gets the same room', async () => {
    const body = { ownerId: 'olga', title: '晚安', seatMode: 'free', commandId: 'c1', attributes: { theme: 'blue' } };
    const first = await call('service', '/v1/rooms', body);
    expect(first).toMatchObject({
      status: 200,
      data: { room: { ownerId: 'olga', title: '晚安', audience: { count: 0 }, attributes: { theme: 'blue' } } },
    });
    const again = await call('service', '/v1/rooms', body);
    const { roomId } = first.data.room as { roomId: string };
    expect((again.data.room as { roomId: string }).roomId).toBe(roomId);
    const olga = await connectAs(app.url, 'olga');
    expect(await olga.do('room:join', { roomId })).toMatchObject({ you: { role: 'owner' } });
    olga.close();
  });

  test('are refused with the reason', async () => {
    expect(await call('service', '/v1/rooms', { title: 'A' })).toMatchObject({
      status: 400,
      error: { code: 'BAD_REQUEST', details: { field: 'ownerId' } },
    });
    for (const ownerId of ['service', 'system']) {
      expect(await call('service', '/v1/rooms', { ownerId, title: 'A' })).toMatchObject({
        status: 400,
        error: { code: 'BAD_REQUEST', details: { field: 'ownerId' } },
      });
    }
    await call('service', '/v1/rooms', { ownerId: 'o', title: 'A', roomId: 'there' });
    expect(await call('service', '/v1/rooms', { ownerId: 'o', title: 'A', roomId: 'there' })).toMatchObject({
      status: 409,
      error: { code: 'ROOM_EXISTS' },
    });
  });

  test('[ROOM-8] are listed before anybody has joined', async () => {
    await call('service', '/v1/rooms', { ownerId: 'o', title: 'Empty', roomId: 'empty-one' });
    await app.rooms.idle();
    const { data } = await call('user', '/v1/rooms');
    expect((data.rooms as { roomId: string }[]).map(({ roomId }) => roomId)).toContain('empty-one');
  });
});

describe('[ROLE-1] commands as the operator service', () => {
  test('have the same effect as those of sockets: members get the events, by `service`', async () => {
    await alice.do('room:create', { roomId: 'served', title: 'A', seatMode: 'free' });
    const seated = nextEvent('rtc:grant');
    await alice.do('seat:take', { roomId: 'served', seat: 3 });
    await seated;
    const muted = nextEvent('rtc:grant');
    expect(await command('served', 'seat:mute', { seat: 3 })).toMatchObject({ status: 200, data: { version: 2 } });
    expect(await muted).toMatchObject({ role: 'subscriber', reason: 'muted' });
    const left = nextEvent('room:left');
    expect(await command('served', 'member:kick', { userId: 'alice' })).toMatchObject({ status: 200 });
    expect(await left).toMatchObject({ reason: 'kicked', by: 'service' });
  });

  test('[ACK-2] one commandId has one effect', async () => {
    await call('service', '/v1/rooms', { ownerId: 'o', title: 'A', roomId: 'once' });
    const payload = { title: 'B', commandId: 'x1' };
    const first = await command('once', 'room:update', payload);
    await command('once', 'room:update', { title: 'C' });
    expect(await command('once', 'room:update', payload)).toEqual(first);
    expect(await command('once', 'room:close', { commandId: 'x1' })).toMatchObject({ status: 400 });
  });

  test('reads show the same as to staff', async () => {
    await call('service', '/v1/rooms', { ownerId: 'o', title: 'A', roomId: 'read' });
    expect(await command('read', 'room:sync', { epoch: '', version: 0 })).toMatchObject({
      data: { room: { roomId: 'read', requests: [], invitations: [] } },
    });
    expect(await command('read', 'ban:list')).toMatchObject({ data: { bans: [], cursor: null } });
    expect(await command('read', 'room:members')).toMatchObject({ data: { members: [], count: 0 } });
    expect((await command('read', 'room:list')).data.rooms).toBeInstanceOf(Array);
  });

  test('commands that need a session, or are for members only, are refused', async () => {
    await call('service', '/v1/rooms', { ownerId: 'o', title: 'A', roomId: 'no-mic', seatMode: 'free' });
    for (const [name, payload] of [
      ['room:join', {}],
      ['room:leave', {}],
      ['rtc:renew', {}],
      ['seat:take', { seat: 1 }],
      ['mic:set', { on: true }],
      ['request:send', {}],
    ] as const) {
      expect([name, (await command('no-mic', name, payload)).error.code]).toEqual([name, 'FORBIDDEN']);
    }
  });

  test('[CONN-7] a wrong field is named, and changes nothing', async () => {
    await call('service', '/v1/rooms', { ownerId: 'o', title: 'A', roomId: 'strict' });
    expect(await command('strict', 'seat:fly')).toMatchObject({
      status: 400,
      error: { details: { field: 'command' } },
    });
    expect(await command('strict', 'seat:lock', { seat: 'x' })).toMatchObject({
      error: { details: { field: 'seat' } },
    });
    expect(await command('strict', 'seat:lock', { seat: 1, roomId: 'other' })).toMatchObject({
      error: { details: { field: 'payload.roomId' } },
    });
    expect(await command('nowhere', 'room:close')).toMatchObject({ status: 404, error: { code: 'ROOM_NOT_FOUND' } });
    const raw = '{"command":"room:attributes","payload":{"set":{"__proto__":"x"}}}';
    expect((await call('service', '/v1/rooms/strict/commands', raw)).status).toBe(400);
    const tricky = '{"command":"room:attributes","payload":{"set":{"constructor":"x"}}}';
    expect(await call('service', '/v1/rooms/strict/commands', tricky)).toMatchObject({
      status: 400,
      error: { details: { field: 'payload.set.constructor' } },
    });
    expect(await command('strict', 'room:sync', { epoch: '', version: 0 })).toMatchObject({
      data: { room: { version: 0, attributes: {} } },
    });
  });

  test('[OPS-1] they are counted as those of sockets are', async () => {
    await command('nowhere', 'room:close');
    const page = await (await fetch(`${app.opsUrl}/metrics`)).text();
    expect(page).toMatch(/maiwei_commands_total\{[^}]*command="room:close"[^}]*result="ROOM_NOT_FOUND"[^}]*\} [1-9]/);
  });
});

describe('[MSG-5] messages of the backend', () => {
  test('members of a room get it under the chosen name, and once for one commandId', async () => {
    await alice.do('room:create', { roomId: 'spoken', title: 'A' });
    const received = nextEvent('room:messages');
    const body = { kind: 'chat', body: { text: '欢迎' }, from: { name: '官方' }, commandId: 'say-1' };
    const first = await call('service', '/v1/rooms/spoken/messages', body);
    expect(await received).toEqual({
      roomId: 'spoken',
      messages: [
        { ...first.data, kind: 'chat', from: { userId: 'service', name: '官方', avatar: '' }, body: body.body },
      ],
    });
    expect((await call('service', '/v1/rooms/spoken/messages', body)).data).toEqual(first.data);
    expect(alice.payloadsOf('room:messages')).toHaveLength(1);
    expect(await call('service', '/v1/rooms/nowhere/messages', body)).toMatchObject({ status: 404 });
    expect(await command('spoken', 'message:send', { kind: 'chat', body: { text: 'x' } })).toMatchObject({
      status: 200,
    });
    expect(await command('spoken', 'signal:send', { to: 'alice', data: 1 })).toMatchObject({
      error: { code: 'FORBIDDEN' },
    });
  });

  test('a user gets it on all connections, and so does everyone', async () => {
    const message = { kind: 'coupon', body: { id: 7 } };
    for (const [path, to] of [
      ['/v1/users/alice/messages', 'user'],
      ['/v1/messages', 'everyone'],
    ] as const) {
      const received = nextEvent('service:message');
      const { data } = await call('service', path, message);
      expect(await received).toEqual({ ...message, ...data, to });
    }
    expect(
      await call('service', '/v1/users/alice/messages', { kind: 'x', body: { a: 'x'.repeat(3_000) } }),
    ).toMatchObject({
      status: 413,
    });
    expect(await call('service', '/v1/users/a b/messages', message)).toMatchObject({ status: 400 });
  });
});

describe('[HTTP-7] the views of operators', () => {
  test('nodes and rooms', async () => {
    await call('service', '/v1/rooms', { ownerId: 'inspected', title: 'A', roomId: 'inspected' });
    await app.rooms.idle();
    const { data: nodes } = await call('admin', '/v1/admin/nodes');
    expect(nodes).toMatchObject({ nodes: [{ nodeId: expect.any(String), startedAt: expect.any(Number) }] });
    const { data } = await call('admin', '/v1/admin/rooms?limit=50');
    expect(data.rooms).toContainEqual(
      expect.objectContaining({ roomId: 'inspected', version: 0, requests: 0, invitations: 0, away: 0 }),
    );
  });
});

describe('[HTTP-8] the interfaces describe themselves', () => {
  test('OpenAPI: every route that is served, with its access and its errors', async () => {
    const document = (await (await fetch(`${app.url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { security?: unknown; responses: Record<string, unknown>; description: string }>
      >;
      components: { schemas: { Error: { properties: { code: { enum: string[] } } } } };
    };
    expect(document.openapi).toMatch(/^3\.1/);
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(operations.length).toBeGreaterThanOrEqual(10);
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const operation of Object.values(methods)) {
        expect([path, Object.keys(operation.responses)]).toEqual([path, expect.arrayContaining(['200', '400', '429'])]);
        expect(operation.security === undefined).toBe(operation.description.includes('anyone'));
      }
    }
    expect(document.components.schemas.Error.properties.code.enum).toEqual(errorBodySchema.shape.code.options);
  });

  test('AsyncAPI: every command with its ack, every event', async () => {
    const document = (await (await fetch(`${app.url}/asyncapi.json`)).json()) as {
      operations: Record<string, { action: string; reply?: { messages: { $ref: string }[] } }>;
      channels: { room: { messages: Record<string, { payload: object }> } };
    };
    for (const name of commandNames) {
      const operation = document.operations[name.replace(':', '.')];
      expect([name, operation?.action]).toEqual([name, 'receive']);
      const ack = operation?.reply?.messages[0]?.$ref.split('/').at(-1) ?? '';
      const answer = JSON.stringify(document.channels.room.messages[ack]?.payload);
      expect(answer).toContain('"ok"');
      // JSON Schema writes a schema that nothing fits in this way.
      expect([name, answer.includes('"data":{"not":{}}')]).toEqual([name, false]);
    }
    for (const name of Object.keys(serverEventSchemas)) {
      expect(document.operations[name.replace(':', '.')]?.action).toBe('send');
    }
  });
});
