// The command for room attributes, the app's own key–value pairs (ROOM-5). The last writer of a key wins.
import { attributeLimits, fitsAttributeLimits } from '../protocol/stage.ts';
import { accept, type Rule, reject, stamp } from './decision.ts';

/** Sets and deletes in one version. The event leaves out keys whose value does not change. */
export const changeAttributes: Rule<'room:attributes'> = (room, context, payload) => {
  const { set: wanted = {}, delete: unwanted = [] } = payload;
  const current = (key: string) => (Object.hasOwn(room.attributes, key) ? room.attributes[key] : undefined);
  const set = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => current(key) !== value));
  const deleted = [...new Set(unwanted)].filter((key) => current(key) !== undefined && !Object.hasOwn(wanted, key));
  if (Object.keys(set).length === 0 && deleted.length === 0) return accept([]);
  const kept = Object.entries(room.attributes).filter(([key]) => !deleted.includes(key));
  if (!fitsAttributeLimits({ ...Object.fromEntries(kept), ...set })) {
    return reject('PAYLOAD_TOO_LARGE', { keysMax: attributeLimits.keys, bytesMax: attributeLimits.bytes });
  }
  return accept([stamp(context, { type: 'attributes.changed', set, deleted })]);
};
