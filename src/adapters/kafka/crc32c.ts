/** CRC-32C (Castagnoli), as record batches carry it: four bytes at a time by four tables, which is twice as fast as one by one. Pure. */
const POLYNOMIAL = 0x82f63b78;

/** `TABLES[k][b]`: what a byte `b` makes when k bytes follow it. */
const TABLES = [0, 1, 2, 3].map(() => new Int32Array(256));
const [T0, T1, T2, T3] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array];
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  T0[byte] = crc;
}
for (const [k, table] of TABLES.entries()) {
  const shorter = TABLES[k - 1];
  if (shorter !== undefined) for (let byte = 0; byte < 256; byte++) table[byte] = at(T0, at(shorter, byte)) ^ (at(shorter, byte) >>> 8);
}

function at(table: Int32Array, index: number): number {
  return table[index & 0xff] as number;
}

export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  let i = 0;
  for (const end = bytes.length - 3; i < end; i += 4) {
    crc ^= (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24);
    crc = at(T3, crc) ^ at(T2, crc >>> 8) ^ at(T1, crc >>> 16) ^ at(T0, crc >>> 24);
  }
  for (; i < bytes.length; i++) crc = at(T0, crc ^ (bytes[i] as number)) ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
