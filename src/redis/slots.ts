// The slot of a Cluster to which a key belongs, as Redis computes it.

export const SLOTS = 16_384;

/** CRC-16/XMODEM of every byte. */
const crcOf = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/** The slot of a key or channel. It depends on the text in the first braces, or on the whole if there is none. */
export function slotOf(key: string): number {
  const from = key.indexOf('{');
  const to = from === -1 ? -1 : key.indexOf('}', from + 1);
  const hashed = to > from + 1 ? key.slice(from + 1, to) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) crc = ((crc << 8) & 0xffff) ^ (crcOf[((crc >> 8) ^ byte) & 0xff] as number);
  return crc % SLOTS;
}

/** A short text that belongs to that slot. */
export function textInSlot(slot: number): string {
  let number = 0;
  while (slotOf(String(number)) !== slot) number += 1;
  return String(number);
}
