// The protocol version and its history. Must not know any schema; test/protocol/version.test.ts ties the two.

// -- Version 1: first release: rooms, seats, requests, invitations, roles, grants.
/** A client names this in `auth.protocol`; additions do not raise it, anything that breaks a client does. */
export const PROTOCOL_VERSION = 1;
