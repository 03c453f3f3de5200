// The command for room attributes, the app's own key–value pairs (ROOM-5). The last writer of a key wins.
import { type Attributes, attributeLimits, fitsAttributeLimits } from '../protocol/stage.ts';
import { accept, type Context, type Ruling, reject, stamp } from './decision.ts';
import type { RoomState } from './room.ts';
import type { StageCommandOf } from './stage-command.ts';

/** Sets and deletes in one version. The event leaves out keys whose value does not change. */
export function changeAttributes(
  room: RoomState,
  payload: StageCommandOf<'room:attributes'>,
  context: Context,
): Ruling {
  const wanted: Attributes = payload.set ?? {};
  const current = (key: string) => (Object.hasOwn(room.attributes, key) ? room.attributes[key] : undefined);
  const set = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => current(key) !== value));
  const unwanted = new Set(payload.delete ?? []);
  const deleted = [...unwanted].filter((key) => current(key) !== undefined && !Object.hasOwn(wanted, key));
  if (Object.keys(set).length === 0 && deleted.length === 0) return accept([]);
  const kept = Object.entries(room.attributes).filter(([key]) => !deleted.includes(key));
  if (!fitsAttributeLimits({ ...Object.fromEntries(kept), ...set })) {
    return reject('PAYLOAD_TOO_LARGE', { keysMax: attributeLimits.keys, bytesMax: attributeLimits.bytes });
  }
  return accept([stamp(context, { type: 'attributes.changed', set, deleted })]);
}
