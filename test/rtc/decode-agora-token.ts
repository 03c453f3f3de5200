// Reads and verifies Agora's "007" tokens by the format description alone. Does not use agora-token, which it checks.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { inflateSync } from 'node:zlib';

/** One service of a token in the order of its bytes, so that repeated or unsorted privileges show. */
export interface AgoraService {
  readonly type: number;
  /** [privilege, seconds after issueTs]; 0 seconds means never. */
  readonly privileges: ReadonlyArray<readonly [number, number]>;
  /** The strings after the privileges: for RTC (type 1) channel and uid, for chat (5) and RTM (2) the user. */
  readonly texts: readonly string[];
}

export interface AgoraToken {
  /** Hexadecimal. */
  readonly signature: string;
  /** Hexadecimal: all inflated bytes, the signature included. */
  readonly content: string;
  readonly appId: string;
  /** Unix seconds. */
  readonly issueTs: number;
  /** Seconds after issueTs. */
  readonly expire: number;
  readonly salt: number;
  readonly services: readonly AgoraService[];
}

/** The number of strings at the end of a service, by its type; other types are not read here. */
const textCounts: Readonly<Record<number, number>> = { 1: 2, 2: 1, 3: 2, 4: 0, 5: 1, 6: 2, 9: 0, 10: 0 };

/** The content of a token; the signature is not checked. Throws on a byte that the format does not explain. */
export function decodeAgoraToken(token: string): AgoraToken {
  const bytes = inflate(token);
  const read = reader(bytes);
  const signature = read.bytes();
  if (signature.length !== 32) throw new Error(`a signature of ${signature.length} bytes`);
  const head = { appId: read.text(), issueTs: read.u32(), expire: read.u32(), salt: read.u32() };
  const services = repeat(read.u16(), () => readService(read));
  if (read.left() !== 0) throw new Error(`${read.left()} bytes after the last service`);
  return { signature: signature.toString('hex'), content: bytes.toString('hex'), ...head, services };
}

/** Whether the token is signed with this certificate. Throws if it cannot be decoded. */
export function verifyAgoraToken(token: string, appCertificate: string): boolean {
  const { issueTs, salt } = decodeAgoraToken(token);
  const read = reader(inflate(token));
  const signature = read.bytes();
  const key = hmac(u32le(salt), hmac(u32le(issueTs), Buffer.from(appCertificate, 'ascii')));
  return timingSafeEqual(hmac(key, read.rest()), signature);
}

function inflate(token: string): Buffer {
  const body = /^007([A-Za-z0-9+/]+={0,2})$/.exec(token)?.[1];
  if (body === undefined || body.length % 4 !== 0) throw new Error('not "007" and standard base64');
  return inflateSync(Buffer.from(body, 'base64'));
}

type Reader = ReturnType<typeof reader>;

/** Reads the bytes in order; integers are little-endian, and reading beyond the end throws. */
function reader(buffer: Buffer) {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > buffer.length) throw new RangeError('the token ends too early');
    at += length;
    return buffer.subarray(at - length, at);
  };
  const u16 = (): number => take(2).readUInt16LE();
  const u32 = (): number => take(4).readUInt32LE();
  const bytes = (): Buffer => take(u16());
  const text = (): string => bytes().toString('utf8');
  return { u16, u32, bytes, text, left: () => buffer.length - at, rest: () => buffer.subarray(at) };
}

function readService(read: Reader): AgoraService {
  const type = read.u16();
  const privileges = repeat(read.u16(), () => [read.u16(), read.u32()] as const);
  const textCount = textCounts[type];
  if (textCount === undefined) throw new Error(`a service of unknown type ${type}`);
  return { type, privileges, texts: repeat(textCount, read.text) };
}

function repeat<T>(count: number, readOne: () => T): T[] {
  return Array.from({ length: count }, () => readOne());
}

const hmac = (key: Buffer, message: Buffer): Buffer => createHmac('sha256', key).update(message).digest();

function u32le(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}
