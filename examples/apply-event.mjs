// The room after one event: the table of SYNC-7 as a function. Event types that it does not know change nothing.

/** Returns a new room; the old one stays as it was. */
export function applyEvent(room, event) {
  const onSeat = (number, change) => ({
    ...room,
    seats: room.seats.map((seat) => (seat.seat === number ? change(seat) : seat)),
  });
  const onOccupant = (change) =>
    onSeat(event.seat, (seat) =>
      seat.occupant?.userId === event.userId ? { ...seat, occupant: { ...seat.occupant, ...change } } : seat,
    );
  const without = (list, userId) => (list ?? []).filter((one) => one.userId !== userId);

  switch (event.type) {
    case 'room.updated':
      return { ...room, ...event.changes };
    case 'room.closed':
      return { ...room, closed: true };
    case 'attributes.changed': {
      const kept = Object.entries(room.attributes).filter(([key]) => !event.deleted.includes(key));
      return { ...room, attributes: { ...Object.fromEntries(kept), ...event.set } };
    }
    case 'seat.taken':
      return onSeat(event.seat, (seat) => ({ ...seat, occupant: event.occupant }));
    case 'seat.left':
      return onSeat(event.seat, (seat) => ({ ...seat, occupant: null }));
    case 'seat.moved':
      return moved(room, event);
    case 'seat.locked':
    case 'seat.unlocked':
      return onSeat(event.seat, (seat) => ({ ...seat, locked: event.type === 'seat.locked' }));
    case 'seat.muted':
    case 'seat.unmuted':
      return onSeat(event.seat, (seat) => ({ ...seat, hostMuted: event.type === 'seat.muted' }));
    case 'seat.away':
      return onOccupant({ awayUntil: event.until });
    case 'seat.back':
      return onOccupant({ awayUntil: null });
    case 'mic.changed':
      return onOccupant({ selfMuted: event.selfMuted });
    case 'seats.resized':
      return resized(room, event.seatCount);
    case 'admin.added':
      return { ...room, admins: [...room.admins, event.userId] };
    case 'admin.removed':
      return { ...room, admins: room.admins.filter((userId) => userId !== event.userId) };
    case 'owner.changed':
      return { ...room, ownerId: event.to };
    case 'requests.counted':
      return { ...room, requestCount: event.requestCount };
    case 'request.added':
      return { ...room, requests: [...(room.requests ?? []), event.request] };
    case 'request.updated':
      return {
        ...room,
        requests: (room.requests ?? []).map((one) => (one.userId === event.request.userId ? event.request : one)),
      };
    case 'request.ended':
      return { ...room, requests: without(room.requests, event.userId) };
    case 'invite.added':
      return { ...room, invitations: [...(room.invitations ?? []), event.invitation] };
    case 'invite.ended':
      return { ...room, invitations: without(room.invitations, event.userId) };
    default:
      return room;
  }
}

/** A swap comes as two events: the second one must not empty the seat that the first one has just filled. */
function moved(room, { userId, from, to, occupant }) {
  const seats = room.seats.map((seat) => {
    if (seat.seat === to) return { ...seat, occupant };
    return seat.seat === from && seat.occupant?.userId === userId ? { ...seat, occupant: null } : seat;
  });
  return { ...room, seats };
}

function resized(room, seatCount) {
  const added = Array.from({ length: Math.max(0, seatCount - room.seats.length) }, (_, index) => ({
    seat: room.seats.length + index,
    locked: false,
    hostMuted: false,
    occupant: null,
  }));
  return { ...room, seatCount, seats: [...room.seats.slice(0, seatCount), ...added] };
}
