// The tables of settings: those of the server process, and those of a room.
import { permissions } from '../../src/domain/permissions.ts';
import { commandSchemas } from '../../src/protocol/commands.ts';
import { settingRows } from '../../src/settings.ts';
import { code, markdownTable } from './markdown.ts';
import { fieldsOf } from './shapes.ts';

export const settingTable = (): string =>
  markdownTable(
    ['setting', 'default', 'meaning'],
    settingRows().map(({ name, byDefault, meaning }) => [code(name), byDefault, meaning]),
  );

const creation = commandSchemas['room:create'].shape;
type RoomSetting = Exclude<keyof typeof creation, 'roomId' | 'commandId'>;

/** What each setting of a room is, beside its type (ROOM-1). */
const roomSettingMeanings: Readonly<Record<RoomSetting, string>> = {
  title: 'at least 1 character; white space around it is trimmed',
  notice: 'the announcement text (公告)',
  cover: 'an `https` address; `null` clears it',
  category: 'a label; `null` clears it',
  tags: 'labels',
  seatCount: 'how many seats the room has',
  seatMode: 'how members get a seat (ROLE-1, REQ-1)',
  password: 'at least 1 character; `null` removes it',
  capacity: 'how many members the room may have',
  ownerSeat: 'the seat of the owner; a number ≥ `seatCount` means none; shrinking the room may make it `null`',
  ownerAbsent: 'what the room becomes without its owner (ROOM-7)',
  emptyMs: 'how long the room may be empty (ROOM-7)',
  graceMs: 'for how long a dropped member on the stage is waited for (PRES-1)',
  priority: 'requests of a higher `level` are served first',
  chat: 'who may send chat (MSG-3)',
  attributes: "the app's own key–value pairs (ROOM-5)",
};

const others = (name: string) => Object.keys(creation).filter((key) => key !== name);

export const roomSettingTable = (): string =>
  markdownTable(
    ['setting, limits, default', 'meaning', 'changed by'],
    (Object.keys(roomSettingMeanings) as RoomSetting[]).map((name) => [
      fieldsOf(commandSchemas['room:create'], 'input', others(name)),
      roomSettingMeanings[name],
      changedBy(name),
    ]),
  );

function changedBy(name: RoomSetting): string {
  if (name === 'attributes') return 'staff, by `room:attributes`';
  if (!Object.hasOwn(commandSchemas['room:update'].shape, name)) return 'nobody';
  const { admin } = permissions['room:update'];
  const isAdmins = typeof admin === 'object' && 'onlyFields' in admin && admin.onlyFields.includes(name);
  return isAdmins ? 'owner, admins' : 'owner';
}
