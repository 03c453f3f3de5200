// The room as a client builds it: a snapshot, then updates by the rule of SYNC-1, folded with the domain's applyView.
import { applyView, type View } from '../../src/domain/view.ts';
import type { Update } from '../../src/protocol/room-events.ts';
import type { RoomSnapshot } from '../../src/protocol/snapshot.ts';
import { settingsSchema } from '../../src/protocol/stage.ts';

export class ClientView {
  view: View;
  epoch: string;
  version: number;
  readonly gaps: Update[] = [];

  constructor(snapshot: RoomSnapshot) {
    this.view = toView(snapshot);
    this.epoch = snapshot.epoch;
    this.version = snapshot.version;
  }

  /** Applies the update if `after ≤ mine < version`, skips it if `version ≤ mine`; otherwise it is a gap. */
  take(update: Update): void {
    if (update.version <= this.version) return;
    if (update.after > this.version) {
      this.gaps.push(update);
      return;
    }
    this.view = update.events.reduce(applyView, this.view);
    this.version = update.version;
  }
}

/** The part of a snapshot that folds. */
export function toView(snapshot: RoomSnapshot): View {
  const settings = settingsSchema.parse(
    Object.fromEntries(Object.keys(settingsSchema.shape).map((key) => [key, snapshot[key as keyof RoomSnapshot]])),
  );
  return {
    settings,
    roles: { ownerId: snapshot.ownerId, admins: snapshot.admins },
    seats: snapshot.seats,
    attributes: snapshot.attributes,
    requestCount: snapshot.requestCount,
    closed: false,
    requests: snapshot.requests ?? null,
    invitations: snapshot.invitations ?? null,
  };
}
