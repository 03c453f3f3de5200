// The types of agora-token 2.0.6's inner token classes, which it ships untyped. Only what rtc-provider-agora.ts uses.

declare module 'agora-token/src/AccessToken2.js' {
  class ServiceRtc {
    static readonly kPrivilegeJoinChannel: 1;
    static readonly kPrivilegePublishAudioStream: 2;
    /** `uid` 0 is written as "anybody". */
    constructor(channelName: string, uid: number);
    /** `expire`: seconds after the token's issueTs; 0 means never. */
    add_privilege(privilege: number, expire: number): void;
  }

  class AccessToken2 {
    /** Unix seconds. Can be assigned, because the constructor takes 0 for "now". */
    issueTs: number;
    /** 1…99,999,999, not secret; the constructor draws one from Math.random. */
    salt: number;
    /** `issueTs` in Unix seconds, `expire` in seconds after it. */
    constructor(appId: string, appCertificate: string, issueTs: number, expire: number);
    add_service(service: ServiceRtc): void;
    /** "007…", or the empty string when appId or appCertificate is not 32 hexadecimal characters. */
    build(): string;
  }

  /** A CommonJS module: native ESM imports it as a default. */
  const accessToken2: {
    readonly AccessToken2: typeof AccessToken2;
    readonly ServiceRtc: typeof ServiceRtc;
  };
  export = accessToken2;
}
