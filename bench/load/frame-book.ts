// Finds the measured events in a frame. All members of a room get the same bytes, so each distinct frame is read once
// and recognised by comparison of all bytes. That is as cheap as counting, and as exact as reading.
import { findMarks, type Marked } from '../chat-text.ts';
import type { FrameBounds } from './frames.ts';
import { inflateMessage } from './inflate.ts';

/** Slow members lag behind fast ones by at most this number of distinct frames; beyond it a frame is read again. */
const GENERATION_MAX = 2_048;

interface Entry {
  readonly bytes: Buffer;
  readonly marks: readonly Marked[];
  readonly next: Entry | null;
}

export class FrameBook {
  #young = new Map<number, Entry>();
  #old = new Map<number, Entry>();
  /** How many frames had to be read; normally the number of distinct ones. */
  readings = 0;

  /** The events of this payload. Throws when it cannot be inflated. */
  marksOf(bytes: Buffer, bounds: FrameBounds): readonly Marked[] {
    const key = keyOf(bytes, bounds);
    const known = find(this.#young.get(key), bytes, bounds) ?? find(this.#old.get(key), bytes, bounds);
    if (known) return known.marks;
    this.readings++;
    const payload = Buffer.from(bytes.subarray(bounds.start, bounds.end));
    const marks = findMarks(bounds.isDeflated ? inflateMessage(payload) : payload.toString());
    if (this.#young.size >= GENERATION_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, { bytes: payload, marks, next: this.#young.get(key) ?? null });
    return marks;
  }
}

function find(first: Entry | undefined, bytes: Buffer, { start, end }: FrameBounds): Entry | null {
  for (let entry = first ?? null; entry; entry = entry.next) {
    if (entry.bytes.length === end - start && entry.bytes.compare(bytes, start, end) === 0) return entry;
  }
  return null;
}

/** Length and sixteen bytes of a region in which frames of one room differ. Equal keys are told apart by comparison. */
function keyOf(bytes: Buffer, { start, end }: FrameBounds): number {
  const length = end - start;
  if (length < 16) return length;
  const step = (length - 4) >> 2;
  let hash = length;
  for (let at = start + step; at <= end - 4; at += step) {
    hash = (Math.imul(hash, 31) + bytes.readInt32LE(at)) | 0;
    if (step === 0) break;
  }
  return hash;
}
