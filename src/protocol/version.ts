// The protocol version and its history. test/protocol/version.test.ts ties it to the schemas.

// -- Version 1: first release: rooms, seats, requests, invitations, roles, grants.
/** A client sends this in `auth.protocol`. Additions do not raise it; every change that breaks a client does. */
export const PROTOCOL_VERSION = 1;
