// The app's backend as rooms see it: the author of commands and messages without a membership.
import type { ServiceActor } from '../../domain/actor.ts';
import type { UserId } from '../../protocol/ids.ts';
import type { MessageSender } from '../../protocol/messages.ts';

/** Its user id, which no user can have (`reservedUserIds`). */
export const SERVICE_USER = 'service' as UserId;

export const serviceActor: ServiceActor = { kind: 'service' };

/** How members see a message of the backend that names no sender. */
export const namelessSender: MessageSender = { userId: SERVICE_USER, name: SERVICE_USER, avatar: '' };
