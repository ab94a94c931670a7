const SERIAL_OCTETS = 17;

/**
 * A serial number: 17 octets, so 136 random bits where the Baseline Requirements §7.1 ask for 64. It is read as unsigned;
 * the INTEGER gets a leading zero octet where the first bit is set, so that it is positive (RFC 5280 §4.1.2.2) at no cost in
 * randomness and has at most 18 octets. A first octet of 0 becomes 1 (which takes less than a hundredth of a bit), so
 * that the hexadecimal form always has 34 digits and the number is never 0.
 */
export const makeSerial = (random: (length: number) => Uint8Array): Uint8Array<ArrayBuffer> => {
  const serial = Uint8Array.from(random(SERIAL_OCTETS));
  if (serial[0] === 0) serial[0] = 1;
  return serial;
};
