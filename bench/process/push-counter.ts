// Follows the bytes that Redis sends on a connection and finds published messages in them (`message`, `pmessage`,
// `smessage`), wherever the chunks are cut.

/** The index of the channel in each kind of message. */
const CHANNEL_AT: Readonly<Record<string, number>> = { message: 1, pmessage: 2, smessage: 1 };
/** Longer texts are skipped: no kind and no channel is as long. */
const TEXT_MAX_BYTES = 256;
const CR = 13;

export class PushCounter {
  readonly #onMessage: (channel: string) => void;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of a long text that are still to come, its line end included. */
  #skip = 0;
  /** How many values the open arrays still need, the outermost first. */
  readonly #open: number[] = [];
  /** The first texts of the outermost array. */
  #texts: string[] = [];

  constructor(onMessage: (channel: string) => void) {
    this.#onMessage = onMessage;
  }

  take(received: Buffer): void {
    let bytes = received;
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, bytes.length);
      this.#skip -= skipped;
      bytes = bytes.subarray(skipped);
      if (this.#skip > 0) return;
      this.#value('');
    }
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    for (let next = this.#read(at); next > at; next = this.#read(at)) at = next;
    this.#rest = Buffer.from(this.#rest.subarray(at));
  }

  /** Reads the value that begins at `at` and returns where the next one begins; `at` when it is incomplete. */
  #read(at: number): number {
    const bytes = this.#rest;
    const end = bytes.indexOf('\r\n', at, 'latin1');
    if (end < 0) return at;
    const type = String.fromCharCode(bytes[at] ?? CR);
    const head = bytes.toString('latin1', at + 1, end);
    const next = end + 2;
    if (type === '*' || type === '>' || type === '~' || type === '%') {
      this.#array(Number(head) * (type === '%' ? 2 : 1));
      return next;
    }
    const length = type === '$' || type === '=' ? Number(head) : -1;
    if (length < 0) {
      this.#value(head);
      return next;
    }
    const textEnd = next + length + 2;
    if (textEnd <= bytes.length) {
      this.#value(length > TEXT_MAX_BYTES ? '' : bytes.toString('utf8', next, next + length));
      return textEnd;
    }
    if (length <= TEXT_MAX_BYTES) return at;
    this.#skip = textEnd - bytes.length;
    return bytes.length;
  }

  #array(count: number): void {
    if (count > 0) this.#open.push(count);
    else this.#value('');
  }

  #value(text: string): void {
    if (this.#open.length === 1) this.#texts.push(text);
    while (this.#open.length > 0) {
      const left = (this.#open.pop() as number) - 1;
      if (left > 0) {
        this.#open.push(left);
        return;
      }
      if (this.#open.length === 0) this.#close();
      // The array is complete, and is itself a value of the array around it.
      else if (this.#open.length === 1) this.#texts.push('');
    }
  }

  #close(): void {
    const texts = this.#texts;
    this.#texts = [];
    const channelAt = CHANNEL_AT[texts[0] ?? ''];
    if (channelAt !== undefined && texts.length === channelAt + 2) this.#onMessage(texts[channelAt] as string);
  }
}
