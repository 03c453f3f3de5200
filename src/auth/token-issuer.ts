// Contract: issues tokens where no app backend does, in development only. Must not know the secret's source.

export interface TokenIssuer {
  /** A signed token with these claims, valid for `ttlMs` from now. */
  issue(claims: { readonly sub: string } & Record<string, unknown>, ttlMs: number): Promise<IssuedToken>;
}

export interface IssuedToken {
  readonly token: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}
