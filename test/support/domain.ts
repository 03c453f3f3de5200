// Builders for tests of the domain: rooms, members, commands, and a Play that folds decisions and checks every step.
import { expect } from 'vitest';
import type { Actor, MemberActor } from '../../src/domain/actor.ts';
import { applyAll } from '../../src/domain/apply.ts';
import { type Decision, decide } from '../../src/domain/decide.ts';
import type { Context, Sanctions, TargetMember } from '../../src/domain/decision.ts';
import { brokenInvariants } from '../../src/domain/invariants.ts';
import { emptySeat, type RoomState } from '../../src/domain/room.ts';
import { newRoom } from '../../src/domain/settings.ts';
import { candidatesOf, type OwnCommandName, type StageCommand, targetOf } from '../../src/domain/stage-command.ts';
import type { StageEvent } from '../../src/domain/stage-event.ts';
import { commandSchemas, type PayloadInput, type StageCommandName } from '../../src/protocol/commands.ts';
import type { Rejection } from '../../src/protocol/errors.ts';
import { roomIdSchema, type UserId, userIdSchema } from '../../src/protocol/ids.ts';
import { publicEventSchemas, staffEventSchemas } from '../../src/protocol/room-events.ts';
import type { Occupant, Seat } from '../../src/protocol/stage.ts';

/** The store's clock when a play begins. */
export const START = 1_000_000;
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

/** The owner of every room that buildRoom makes. */
export const OWNER = 'olga';

export const service: Actor = { kind: 'service' };
export const system: Actor = { kind: 'system' };

export const aUserId = (name: string): UserId => userIdSchema.parse(name);

/** A member of that id; name, avatar and rtcUid follow from it, so that a test recognises them in events. */
export function aMember(name: string, facts: Partial<Omit<MemberActor, 'kind' | 'userId'>> = {}): MemberActor {
  const rtcUid = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 2_147_483_647;
  return {
    kind: 'member',
    userId: aUserId(name),
    name: `Name of ${name}`,
    avatar: `https://img.example/${name}.png`,
    rtcUid,
    level: 0,
    fence: 1,
    ...facts,
  };
}

/** That member as the occupant of a seat that they have just taken. */
export function anOccupant(name: string, facts: Partial<Occupant> = {}): Occupant {
  const { userId, name: displayName, avatar, rtcUid } = aMember(name);
  return { userId, name: displayName, avatar, rtcUid, selfMuted: false, since: START, awayUntil: null, ...facts };
}

/** A seat; free, unlocked and unmuted unless `facts` differ. */
export const aSeat = (seat: number, facts: Partial<Seat> = {}): Seat => ({ ...emptySeat(seat), ...facts });

type RoomInput = Partial<Omit<PayloadInput<'room:create'>, 'roomId' | 'password'>> & {
  readonly owner?: string;
  readonly admins?: readonly string[];
  readonly passwordHash?: string;
};

/** A new room with SPEC's defaults: request mode, nine seats, the owner seat is 0, nobody sits. */
export function buildRoom({ owner = OWNER, admins = [], passwordHash, ...payload }: RoomInput = {}): RoomState {
  const room = newRoom(commandSchemas['room:create'].parse({ title: 'A room', ...payload }), {
    roomId: roomIdSchema.parse('room'),
    ownerId: aUserId(owner),
    passwordHash: passwordHash ?? null,
    now: START,
  });
  return { ...room, roles: { ...room.roles, admins: admins.map(aUserId) } };
}

interface ContextFacts {
  readonly now?: number;
  readonly target?: TargetMember | null;
  readonly present?: readonly string[];
  readonly sanctions?: Partial<Sanctions>;
}

const noSanctions: Sanctions = { isBanned: false, isSilenced: false, bans: 0, silences: 0 };

/** What a rule gets besides the room. */
export const context = (
  actor: Actor,
  { now = START, target = null, present = [], sanctions = {} }: ContextFacts = {},
): Context => ({
  actor,
  now,
  target,
  present: new Set(present.map(aUserId)),
  sanctions: { ...noSanctions, ...sanctions },
});

/** A command's payload as a test writes it: without the room, the password hashed already. */
export type CommandInput<Name extends StageCommand['name']> = Name extends 'room:update'
  ? Omit<PayloadInput<'room:update'>, 'roomId' | 'password'> & { readonly passwordHash?: string | null }
  : Name extends StageCommandName
    ? Omit<PayloadInput<Name>, 'roomId'>
    : Name extends 'room:sweep' | 'room:expire'
      ? Record<string, never>
      : { readonly userId: string; readonly fence: number };

const isClients = (name: StageCommand['name']): name is StageCommandName => name in commandSchemas;

/** A command as decide() gets it: parsed by its schema, so that defaults are filled in. */
export function command<Name extends StageCommand['name']>(name: Name, input: CommandInput<Name>): StageCommand {
  if (!isClients(name)) return { name, payload: input } as StageCommand;
  const { passwordHash, ...rest } = input as { passwordHash?: string | null };
  const payload = commandSchemas[name].parse({ roomId: 'room', ...rest });
  return { name, payload: passwordHash === undefined ? payload : { ...payload, passwordHash } } as StageCommand;
}

export const ownCommandNames: readonly OwnCommandName[] = [
  'member:leave',
  'member:drop',
  'member:return',
  'room:expire',
  'room:sweep',
];

/** The events that no client gets; every other event must fit its schema of the wire. */
const hiddenTypes: ReadonlySet<string> = new Set(['password.changed', 'member.away', 'member.back', 'member.left']);
const wireSchemas = { ...publicEventSchemas, ...staffEventSchemas };

/** The events that are not hidden and do not fit their schema (SYNC-7), with the reason. */
export function misshapen(events: readonly StageEvent[]): string[] {
  return events.flatMap((event) => {
    if (hiddenTypes.has(event.type)) return [];
    const schema = wireSchemas[event.type as keyof typeof wireSchemas];
    if (!schema) return [`${event.type}: no schema`];
    const parsed = schema.safeParse(event);
    return parsed.success ? [] : [`${event.type}: ${parsed.error.message}`];
  });
}

export const typesOf = (events: readonly StageEvent[]): string[] => events.map((event) => event.type);

/** The events of one type, narrowed for the compiler. */
export const eventsOf = <Type extends StageEvent['type']>(events: readonly StageEvent[], type: Type) =>
  events.filter((event): event is Extract<StageEvent, { type: Type }> => event.type === type);

/** One decision on a room: the room afterwards (the same one when refused) and the decision. */
export function play(
  room: RoomState,
  actor: Actor,
  command: StageCommand,
  facts: { now?: number; isAbsent?: (userId: string) => boolean; sanctions?: Partial<Sanctions> } = {},
): { room: RoomState; decision: Decision } {
  const isPresent = (userId: string) => !facts.isAbsent?.(userId);
  const named = targetOf(command);
  const target = named !== null && isPresent(named) ? aMember(named) : null;
  const present = candidatesOf(room, command).filter(isPresent);
  const contextFacts = { now: facts.now ?? START, target, present, sanctions: facts.sanctions ?? {} };
  const decision = decide(room, command, context(actor, contextFacts));
  if (!decision.ok) return { room, decision };
  expect(brokenInvariants(decision.next)).toEqual([]);
  expect(misshapen(decision.events)).toEqual([]);
  expect(applyAll(room, decision.events)).toEqual(decision.next);
  return { room: decision.next, decision };
}

type Accepted = Extract<Decision, { ok: true }>;
/** The payload may be left out when nothing in it is required. */
type Rest<Name extends StageCommand['name']> =
  Record<string, never> extends CommandInput<Name> ? [input?: CommandInput<Name>] : [input: CommandInput<Name>];

/** A sequence of commands to one room, each accepted or refused. Every user who is named is a member, unless absent. */
export class Play {
  room: RoomState;
  now = START;
  private readonly absent = new Set<string>();
  private sanctions: Partial<Sanctions> = {};

  constructor(room: RoomState) {
    this.room = room;
  }

  /** These users are not members of the room, so they are nobody's target. */
  without(...names: string[]): this {
    for (const name of names) this.absent.add(name);
    return this;
  }

  /** The sanctions in force against the targets of all later commands. */
  sanctioned(sanctions: Partial<Sanctions>): this {
    this.sanctions = sanctions;
    return this;
  }

  wait(ms: number): this {
    this.now += ms;
    return this;
  }

  /** Expects the command to be accepted; the next command starts from its result. */
  accept<Name extends StageCommand['name']>(by: string | Actor, name: Name, ...[input]: Rest<Name>): Accepted {
    const { room, decision } = this.decide(by, command(name, input ?? ({} as CommandInput<Name>)));
    if (!decision.ok) throw new Error(`${name} was refused: ${JSON.stringify(decision.rejection)}`);
    this.room = room;
    return decision;
  }

  /** Expects the command to be refused; a refusal changes nothing. */
  refuse<Name extends StageCommand['name']>(by: string | Actor, name: Name, ...[input]: Rest<Name>): Rejection {
    const { decision } = this.decide(by, command(name, input ?? ({} as CommandInput<Name>)));
    if (decision.ok) throw new Error(`${name} was accepted: ${JSON.stringify(decision.events)}`);
    return decision.rejection;
  }

  seat(index: number): Seat | undefined {
    return this.room.seats[index];
  }

  /** The seat of each seated user. */
  places(): Record<string, number> {
    return Object.fromEntries(
      this.room.seats.flatMap(({ seat, occupant }) => (occupant ? [[occupant.userId, seat]] : [])),
    );
  }

  /** The users with a pending request, in the order of the requests. */
  requesters(): string[] {
    return this.room.requests.map(({ userId }) => userId);
  }

  invitees(): string[] {
    return this.room.invitations.map(({ userId }) => userId);
  }

  private decide(by: string | Actor, command: StageCommand) {
    return play(this.room, actorNamed(by), command, {
      now: this.now,
      isAbsent: (userId) => this.absent.has(userId),
      sanctions: this.sanctions,
    });
  }
}

/** 'service' and 'system' are the actors of that kind; any other name is the name of a member. */
export function actorNamed(name: string | Actor): Actor {
  if (typeof name !== 'string') return name;
  if (name === 'service') return service;
  return name === 'system' ? system : aMember(name);
}
