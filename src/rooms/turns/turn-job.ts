// A stage command on its way through a turn, and its answer. Data only.
import type { Actor } from '../../domain/actor.ts';
import type { StageCommand } from '../../domain/stage-command.ts';
import type { CommandKey } from '../../store/room-store.ts';
import type { Outcome } from '../contract/outcome.ts';

export interface TurnJob {
  readonly command: StageCommand;
  readonly actor: Actor;
  /** The name under which a retry finds the first answer (ACK-2); null: the client gave no command id. */
  readonly key: CommandKey | null;
  /** Answers the caller; called exactly once. */
  readonly resolve: (outcome: Outcome) => void;
}

export interface Answer {
  readonly job: TurnJob;
  readonly outcome: Outcome;
}
