// Puts Agora's tokens together and signs them, byte for byte as agora-token does (a test holds the two together), at a
// fraction of its price: a hall that fills up at once asks for thousands. Must not know who may have one.
import { createHmac } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';

/** All that a token says, checked and ready to be signed. */
export interface AgoraTokenClaims {
  readonly channel: string;
  readonly uid: number;
  readonly privileges: readonly number[];
  /** Unix seconds. */
  readonly issueTs: number;
  /** Seconds after issueTs, for the token and for each privilege: if only the token ended, the voice would go on. */
  readonly expireSeconds: number;
  readonly salt: number;
}

/** Signs claims; an empty string means that it could not. */
export type BuildAgoraToken = (app: AgoraApp, claims: AgoraTokenClaims) => string;

/** A project in the Agora console; both are 32 hexadecimal characters, the certificate is secret. */
export interface AgoraApp {
  readonly appId: string;
  readonly appCertificate: string;
}

const VERSION = '007';
const SERVICE_RTC = 1;
/** More than any token has: 63 characters of channel are the longest part of it. */
const TOKEN_BYTES_MAX = 512;
/**
 * A token is shorter than the smallest window there is, so deflate needs no larger one; and what it needs by default, a
 * quarter of a mebibyte, costs more to get than all the rest of the signing.
 */
const DEFLATE = { windowBits: 9, memLevel: 3, chunkSize: 1024 } as const;
/** What zlib writes before a stream of its default window and level. */
const ZLIB_HEADER = Buffer.from([0x78, 0x9c]);

/** Writes the numbers and texts of a token, lowest byte first. */
class TokenWriter {
  readonly #bytes = Buffer.allocUnsafe(TOKEN_BYTES_MAX);
  #length = 0;

  uint16(value: number): this {
    this.#length = this.#bytes.writeUInt16LE(value, this.#length);
    return this;
  }

  uint32(value: number): this {
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
    return this;
  }

  /** With its length before it. */
  text(value: string | Buffer): this {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    this.uint16(bytes.length);
    this.#length += bytes.copy(this.#bytes, this.#length);
    return this;
  }

  bytes(value: Buffer): this {
    this.#length += value.copy(this.#bytes, this.#length);
    return this;
  }

  /** What was written so far. */
  done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

const hmac = (key: Buffer, message: string | Buffer): Buffer => createHmac('sha256', key).update(message).digest();
const uint32 = (value: number): Buffer => new TokenWriter().uint32(value).done();

/** A signer of one app's tokens. */
export function createAgoraSigner(): BuildAgoraToken {
  // The first step of the key is the same for all tokens of a second.
  let second: { readonly issueTs: number; readonly appCertificate: string; readonly key: Buffer } | null = null;
  return ({ appId, appCertificate }, { channel, uid, privileges, issueTs, expireSeconds, salt }) => {
    if (second?.issueTs !== issueTs || second.appCertificate !== appCertificate) {
      second = { issueTs, appCertificate, key: hmac(uint32(issueTs), appCertificate) };
    }
    const said = new TokenWriter().text(appId).uint32(issueTs).uint32(expireSeconds).uint32(salt).uint16(1);
    said.uint16(SERVICE_RTC).uint16(privileges.length);
    for (const privilege of [...privileges].sort((a, b) => a - b)) said.uint16(privilege).uint32(expireSeconds);
    const content = said.text(channel).text(String(uid)).done();
    const signature = hmac(hmac(uint32(salt), second.key), content);
    return VERSION + zlibOf(new TokenWriter().text(signature).bytes(content).done()).toString('base64');
  };
}

/** As zlib.deflateSync makes it. */
function zlibOf(content: Buffer): Buffer {
  const checksum = Buffer.allocUnsafe(4);
  checksum.writeUInt32BE(adler32(content));
  return Buffer.concat([ZLIB_HEADER, deflateRawSync(content, DEFLATE), checksum]);
}

function adler32(bytes: Buffer): number {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  return high * 65_536 + low;
}
