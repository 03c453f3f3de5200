// All checkers over the record of one scene, as a row needs them.
import { beliefOverlaps } from './checkers/belief-overlap.ts';
import { flickerIn } from './checkers/flicker.ts';
import { checkReplay } from './checkers/replay.ts';
import { keepBooks } from './checkers/room-book.ts';
import { type CutOff, staleWrites } from './checkers/stale-writes.ts';
import { checkVersionOrder } from './checkers/version-order.ts';
import { entriesOf, type Finding, type History } from './history.ts';
import type { Scene } from './scene.ts';

const FINDINGS_SHOWN = 5;

export interface Case {
  readonly cutOffs?: readonly CutOff[];
  /** The store lost data, so lost commands are counted and not forbidden. */
  readonly lossIsAllowed?: boolean;
  /** Some clients were out of reach for longer than their grace, so their overlaps are reported and not forbidden. */
  readonly overlapIsAllowed?: boolean;
}

export interface Judged {
  readonly holds: Record<string, readonly string[]>;
  readonly figures: Record<string, readonly number[]>;
  readonly notes: readonly string[];
}

/** To be called when the scene is quiet. */
export function judge(
  scene: Scene,
  { cutOffs = [], lossIsAllowed = false, overlapIsAllowed = lossIsAllowed }: Case = {},
): Judged {
  const { history } = scene.recorder;
  const replay = checkReplay(history, keepBooks(history));
  const overlaps = beliefOverlaps(history);
  const lost = replay.ackedLost.map(({ op, name, success }) => `${op} ${name} ${JSON.stringify(success?.data)}`);
  const overlapTexts = overlaps.slice(0, FINDINGS_SHOWN).map((one) => JSON.stringify(one));
  const twice = sentTwice(history);
  const holds: Record<string, readonly string[]> = {
    'all clients get the same commits': few([...checkVersionOrder(history, scene.finals), ...replay.findings]),
    'each command has one effect': [...replay.duplicates.slice(0, FINDINGS_SHOWN), ...twice],
    'no write of an ended session': few(staleWrites(history, cutOffs)),
    ...(lossIsAllowed ? {} : { 'no acknowledged command is lost': lost.slice(0, FINDINGS_SHOWN) }),
    ...(overlapIsAllowed ? {} : { 'no two users believe in one seat': overlapTexts }),
    'answers were compared': replay.checked > 0 ? [] : ['none'],
  };
  const figures = { ackedLost: [replay.ackedLost.length], beliefOverlap: [overlaps[0]?.ms ?? 0] };
  return { holds, figures, notes: [`${replay.checked} answers replayed, ${replay.unseen} not seen by staff`] };
}

const few = (findings: readonly Finding[]): string[] =>
  findings.slice(0, FINDINGS_SHOWN).map(({ rule, facts }) => `${rule}: ${facts.slice(0, 600)}`);

/** Each text is sent once; under two ids it was carried out twice. */
function sentTwice(history: History): string[] {
  const ids = new Map<string, string>();
  const twice = new Set<string>();
  for (const { text, messageId } of entriesOf(history, 'message')) {
    const known = ids.get(text);
    if (known === undefined) ids.set(text, messageId);
    else if (known !== messageId) twice.add(`“${text}” was sent twice`);
  }
  return [...twice];
}

/** What other members saw since `at` of users who only changed connections. */
export function flickerFindings(scene: Scene, at: number): Record<string, readonly string[]> {
  const { away, lost, pairs } = flickerIn(scene.recorder.history, { from: at });
  return { 'no member is marked away': away, 'no seat is lost': lost, 'no leave and join pairs': pairs };
}

/** Users whose seats ended with a grace since `at`. */
export const seatsLost = (scene: Scene, at: number): readonly string[] =>
  flickerIn(scene.recorder.history, { from: at }).lost;
