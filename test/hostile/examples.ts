// One valid example of every command, and the roles that may give it by SPEC. A new command needs a line in this table.
// Names of commands that do not exist yet do no harm.

/** The people of the tables; scene.ts gives them their roles and seats. */
export const cast = { owner: 'owner', admin: 'ada', peer: 'abe', member: 'alice', seated: 'bob' } as const;
/** The seats of the seated people, and the free seat that commands ask for. */
export const seats = { owner: 0, admin: 1, peer: 2, seated: 3, free: 5 } as const;

export interface Example {
  /** Fits the schema, with as many optional fields as go together. Commands of a room get `roomId` put in. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** The roles that may give it, by the table of SPEC chapter 6; others get FORBIDDEN. Default: every member. */
  readonly may?: 'staff' | 'owner';
  /** The field that names the target, where rank counts (TARGET_OUTRANKS). */
  readonly aims?: 'userId' | 'seat';
  /** `none`: the command is not about a room, or the room need not exist; every user gets the same answer. */
  readonly room?: 'none';
}

const epoch = 'e'.repeat(22);
const alice = { userId: cast.member };

export const examples: Readonly<Record<string, Example>> = {
  'room:create': {
    room: 'none',
    payload: {
      title: 'Party',
      notice: 'Be kind.',
      cover: 'https://example.com/cover.png',
      category: 'music',
      tags: ['music', '音乐'],
      seatCount: 9,
      seatMode: 'free',
      password: 'secret',
      capacity: 100,
      ownerSeat: 0,
      ownerAbsent: 'keep',
      emptyMs: 1_000,
      graceMs: 1_000,
      priority: true,
      chat: 'all',
    },
  },
  'room:join': { payload: { password: 'secret', resume: { epoch, version: 0 } } },
  'room:leave': { payload: {} },
  'room:sync': { payload: { epoch, version: 0 } },
  'room:update': { may: 'owner', payload: { title: 'New', capacity: 50, cover: null, tags: ['new'] } },
  'room:close': { may: 'owner', payload: { reason: 'over' } },
  'room:attributes': { may: 'staff', payload: { set: { theme: 'dark' }, delete: ['mood'] } },
  'room:list': { room: 'none', payload: {} },
  'room:members': { payload: { limit: 20 } },

  'admin:add': { may: 'owner', payload: alice },
  'admin:remove': { may: 'owner', payload: { userId: cast.peer } },
  'owner:transfer': { may: 'owner', payload: alice },

  'seat:take': { payload: { seat: seats.free } },
  'seat:leave': { payload: {} },
  'seat:move': { payload: { seat: seats.free } },
  'seat:pick': { may: 'staff', aims: 'userId', payload: { userId: cast.seated, seat: seats.free, policy: 'swap' } },
  'seat:kick': { may: 'staff', aims: 'seat', payload: { seat: seats.seated } },
  'seat:lock': { may: 'staff', aims: 'seat', payload: { seat: seats.seated, occupant: 'evict' } },
  'seat:unlock': { may: 'staff', aims: 'seat', payload: { seat: seats.seated } },
  'seat:mute': { may: 'staff', aims: 'seat', payload: { seat: seats.seated } },
  'seat:unmute': { may: 'staff', aims: 'seat', payload: { seat: seats.seated } },
  'mic:set': { payload: { on: false } },
  'seats:lock': { may: 'staff', payload: {} },
  'seats:unlock': { may: 'staff', payload: {} },
  'seats:mute': { may: 'staff', payload: {} },
  'seats:unmute': { may: 'staff', payload: {} },

  'request:send': { payload: { seat: seats.free, note: 'please' } },
  'request:cancel': { payload: {} },
  'request:accept': { may: 'staff', aims: 'userId', payload: { ...alice, seat: seats.free } },
  'request:reject': { may: 'staff', aims: 'userId', payload: { ...alice, note: 'later' } },
  'invite:send': { may: 'staff', aims: 'userId', payload: { ...alice, seat: seats.free } },
  'invite:accept': { payload: {} },
  'invite:decline': { payload: {} },
  'invite:cancel': { may: 'staff', aims: 'userId', payload: alice },

  'member:kick': { may: 'staff', aims: 'userId', payload: { ...alice, banMs: 1_000 } },
  'member:ban': { may: 'staff', aims: 'userId', payload: { ...alice, forMs: 1_000 } },
  'member:unban': { may: 'staff', payload: alice },
  'member:silence': { may: 'staff', aims: 'userId', payload: { ...alice, forMs: 1_000 } },
  'member:unsilence': { may: 'staff', aims: 'userId', payload: alice },
  'ban:list': { may: 'staff', payload: {} },

  'message:send': { payload: { kind: 'chat', body: { text: 'hello' } } },
  'message:delete': { payload: { messageId: 'm1' } },
  'signal:send': { payload: { to: cast.seated, data: { sdp: 'offer' } } },

  'rtc:renew': { payload: {} },
  'session:renew': { room: 'none', payload: { token: 'not-a-token' } },
};

/** The example; throws when a command has none, and the error says what to do. */
export function exampleOf(name: string): Example {
  const example = Object.hasOwn(examples, name) ? examples[name] : undefined;
  if (!example) throw new Error(`${name} has no valid example yet: give it a line in test/hostile/examples.ts`);
  return example;
}
