/**
 * Z85, the Base85 of deletion vectors: five characters for four bytes, most significant first.
 * https://rfc.zeromq.org/spec/32/
 *
 * Five characters can say more than 32 bits; the rest is dropped, as Delta's own codec does (there
 * are tables whose padding was written so).
 */
const alphabet =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

const noDigit = 255;
const digitOf = new Uint8Array(128).fill(noDigit);
for (let digit = 0; digit < alphabet.length; digit++) digitOf[alphabet.charCodeAt(digit)] = digit;

/** The bytes, or `undefined` for text that is not Z85. */
export function decodeBase85(text: string): Uint8Array | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block * 5 < text.length; block++) {
    let value = 0;
    for (let i = block * 5; i < block * 5 + 5; i++) {
      const digit = digitOf[text.charCodeAt(i)] ?? noDigit;
      if (digit === noDigit) return undefined;
      value = value * 85 + digit;
    }
    view.setUint32(block * 4, value % 2 ** 32);
  }
  return bytes;
}

/** The text of the bytes, filled up with zero bytes to a multiple of four. */
export function encodeBase85(bytes: Uint8Array): string {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  let text = '';
  for (let start = 0; start < padded.length; start += 4) {
    let value = view.getUint32(start);
    let block = '';
    for (let i = 0; i < 5; i++) {
      block = (alphabet[value % 85] ?? '') + block;
      value = Math.floor(value / 85);
    }
    text += block;
  }
  return text;
}
