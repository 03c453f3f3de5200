// The bench signs tokens without a package; the server's own authenticator has to take them.

import { jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { signToken } from '../../bench/load/token.ts';

test('a token of the bench is a JWT of that user, signed with that secret', async () => {
  const secret = 'a secret of thirty-two characters';
  const token = signToken({ userId: 'guest-1', secret, scope: 'service', nowS: 2_000_000_000 });
  const currentDate = new Date(2_000_000_001_000);
  const { payload, protectedHeader } = await jwtVerify(token, Buffer.from(secret), { currentDate });
  expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
  expect(payload).toEqual({ sub: 'guest-1', iat: 2_000_000_000, exp: 2_000_003_600, scope: 'service' });
  await expect(jwtVerify(token, Buffer.from('another secret of that very size'), { currentDate })).rejects.toThrow();
});
