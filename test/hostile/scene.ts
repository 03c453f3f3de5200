// A room on a real server with a user in every role.
import type { Engines } from '../../src/engines.ts';
import { AppClient, devToken } from '../support/app-client.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import { uniqueId } from '../support/stored-room.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { cast, seats } from './examples.ts';

/** Hostile input is many commands at once; rate limits have their own tests. */
export const unlimited = {
  LIMIT_COMMANDS_PER_SECOND: '10000',
  LIMIT_CHAT_PER_SECOND: '10000',
  LIMIT_HANDSHAKES_PER_SECOND: '10000',
};

export const roles = ['owner', 'admin', 'peer', 'member', 'seated'] as const;
export type Role = (typeof roles)[number];

export class Scene {
  readonly app: TestApp;
  readonly roomId: string;
  readonly clients: Readonly<Record<Role | 'stranger', AppClient>>;

  private constructor(app: TestApp, roomId: string, clients: Scene['clients']) {
    this.app = app;
    this.roomId = roomId;
    this.clients = clients;
  }

  /** The owner, two admins and a member on seats, a member with a pending request, and a user who is not a member. */
  static async build(app: TestApp): Promise<Scene> {
    const roomId = uniqueId('room');
    const names = { ...cast, stranger: 'stranger' };
    const entries = Object.entries(names).map(async ([role, userId]) => [role, await connect(app, userId)] as const);
    const clients = Object.fromEntries(await Promise.all(entries)) as Scene['clients'];
    const { owner, admin, peer, member, seated } = clients;
    await owner.do('room:create', { roomId, title: 'Party', seatMode: 'free', ownerSeat: seats.owner });
    for (const one of [admin, peer, member, seated]) await one.do('room:join', { roomId });
    await owner.do('seat:take', { roomId });
    for (const one of ['admin', 'peer', 'seated'] as const) {
      await clients[one].do('seat:take', { roomId, seat: seats[one] });
    }
    for (const userId of [cast.admin, cast.peer]) await owner.do('admin:add', { roomId, userId });
    await owner.do('room:update', { roomId, seatMode: 'request' });
    await member.do('request:send', { roomId });
    return new Scene(app, roomId, clients);
  }

  close(): void {
    for (const client of Object.values(this.clients)) client.close();
  }
}

/** Gets a token and connects. */
export async function connect(app: TestApp, userId: string): Promise<AppClient> {
  const token = await devToken(app.url, { userId });
  return new AppClient(app.url, { token, protocol: '1' }).connect();
}

/** A server with a clock that stands still, so that no deadline comes during a test. */
export const startStill = (engines: Engines, clock: ManualClock): Promise<TestApp> =>
  startTestApp(unlimited, { engines, clock });

/** The whole value as one text, with maps and sets. */
export const bytesOf = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => {
    if (inner instanceof Map) return { map: [...inner] };
    return inner instanceof Set ? { set: [...inner] } : inner;
  });
