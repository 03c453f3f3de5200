// Contract of the token issuer, which makes tokens when there is no app backend: in development only.

export interface TokenIssuer {
  /** A signed token with these claims, valid for `ttlMs` from now. */
  issue(claims: { readonly sub: string } & Record<string, unknown>, ttlMs: number): Promise<IssuedToken>;
}

export interface IssuedToken {
  readonly token: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}
