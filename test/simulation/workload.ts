// What users do: one step of one user, chosen by what the device shows.
import type { Device } from './device.ts';
import type { Dice } from './dice.ts';
import type { RoomCopy } from './room-copy.ts';

interface Scene {
  readonly dice: Dice;
  readonly devices: readonly Device[];
  readonly roomIds: readonly string[];
}

interface Choice {
  readonly dice: Dice;
  readonly device: Device;
  readonly roomId: string;
  readonly copy: RoomCopy;
}

type Act = (choice: Choice) => Promise<unknown>;

/** Starts one step without waiting for its outcome. */
export function takeStep(scene: Scene): void {
  const { dice, roomIds } = scene;
  const device = dice.pick(scene.devices);
  const inside = [...device.copies];
  if (!device.isOnline) device.connect();
  else if (dice.chance(4)) goOffline(device, dice);
  else if (inside.length === 0 || dice.chance(5)) device.enter(dice.pick(roomIds));
  else {
    const [roomId, copy] = dice.pick(inside);
    void dice.pick(acts)({ dice, device, roomId, copy });
  }
}

function goOffline(device: Device, dice: Dice): void {
  if (dice.chance(50)) device.dropConnection(dice.chance(50) ? 'closing' : 'vanishing');
  else device.disconnect(dice.chance(50) ? 'closing' : 'vanishing');
}

const someSeat = ({ dice, copy }: Choice): number => dice.integer(0, Math.max(1, copy.view.seats.length));
const anyUser = ({ dice, copy, device }: Choice): string => dice.pick([...copy.present, device.userId]);
const requester = (choice: Choice): string =>
  choice.copy.view.requests?.length ? choice.dice.pick(choice.copy.view.requests).userId : anyUser(choice);

/** A command of that room; the payload is made when it is sent. */
const command =
  (name: Parameters<Device['do']>[0], payload: (choice: Choice) => object = () => ({})): Act =>
  (choice) =>
    choice.device.do(name, { roomId: choice.roomId, ...payload(choice) });

const onSeat = (choice: Choice) => ({ seat: someSeat(choice) });
const onUser = (choice: Choice) => ({ userId: anyUser(choice) });

/** No user sends a text twice, so one text under two ids is one command carried out twice. */
const chat: Act = ({ device, roomId, dice }) =>
  device.do('message:send', { roomId, kind: 'chat', body: { text: `${device.name}:${dice.id()}` } });

const take = command('seat:take', (choice) => (choice.dice.chance(60) ? onSeat(choice) : {}));
const leaveSeat = command('seat:leave');
const move = command('seat:move', onSeat);
const request = command('request:send', (choice) => (choice.dice.chance(40) ? onSeat(choice) : {}));
const accept = command('request:accept', (choice) => ({ userId: requester(choice) }));

/** A user without a seat wants one. */
const sitOrStand: Act = (choice) => {
  if (choice.copy.seatOf(choice.device.userId) === null) return (choice.dice.chance(60) ? take : request)(choice);
  return (choice.dice.chance(50) ? leaveSeat : move)(choice);
};

/** Acts that are listed more often happen more often. */
const acts: readonly Act[] = [
  ...Array.from({ length: 12 }, () => sitOrStand),
  ...[accept, accept, accept],
  command('request:cancel'),
  command('request:reject', (choice) => ({ userId: requester(choice) })),
  ...Array.from({ length: 2 }, () =>
    command('invite:send', (choice) => ({ ...onUser(choice), ...(choice.dice.chance(50) ? onSeat(choice) : {}) })),
  ),
  command('invite:accept'),
  command('invite:accept'),
  command('invite:decline'),
  command('mic:set', ({ dice }) => ({ on: dice.chance(50) })),
  command('seat:lock', onSeat),
  command('seat:unlock', onSeat),
  command('seat:mute', onSeat),
  command('seat:unmute', onSeat),
  command('seat:kick', onSeat),
  command('seat:pick', (choice) => ({
    ...onUser(choice),
    ...onSeat(choice),
    policy: choice.dice.pick(['abort', 'replace', 'swap']),
  })),
  command('member:kick', (choice) => ({ ...onUser(choice), banMs: choice.dice.pick([0, 0, 5_000]) })),
  command('admin:add', onUser),
  command('admin:remove', onUser),
  command('room:attributes', ({ dice }) => ({ set: { theme: String(dice.integer(0, 9)) } })),
  command('room:update', ({ dice }) => ({ seatCount: dice.integer(2, 6) })),
  command('room:update', ({ dice }) => ({ seatMode: dice.pick(['free', 'free', 'request', 'invite']) })),
  ...[chat, chat, chat],
  async ({ device, roomId }) => device.enterAgain(roomId),
  ({ device, roomId }) => device.leave(roomId),
  async (choice) =>
    choice.dice.chance(15) ? command('room:close')(choice) : command('owner:transfer', onUser)(choice),
];
