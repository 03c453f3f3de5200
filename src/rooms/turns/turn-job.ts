// A stage command on its way through a turn. Data only.
import type { Actor } from '../../domain/actor.ts';
import type { StageCommand } from '../../domain/stage-command.ts';
import type { CommandKey } from '../../store/room-store.ts';
import type { Outcome } from '../contract/outcome.ts';

export interface TurnJob {
  readonly command: StageCommand;
  readonly actor: Actor;
  /** Given when the client named the command, so that a retry gets the first answer (ACK-2). */
  readonly key: CommandKey | null;
  readonly resolve: (outcome: Outcome) => void;
}
