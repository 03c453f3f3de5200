// Contract of the token issuer, which makes tokens when there is no app backend: in development only.

export interface TokenIssuer {
  /** A signed token with these claims, valid for `ttlMs` from now; `expiresAt` in Unix milliseconds. */
  issue(
    claims: { readonly sub: string } & Record<string, unknown>,
    ttlMs: number,
  ): Promise<{ readonly token: string; readonly expiresAt: number }>;
}
