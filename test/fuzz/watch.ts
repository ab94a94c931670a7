/** What the main thread sees of a worker that does not answer: how many cases it has begun, and the bytes of the last. */

const COUNT = 0;
const LENGTH = 1;
const HEADER = 8;
/** The largest case that can be told; requests end at 32 KiB. */
const CAPACITY = 256 * 1024;

export const makeWatch = (): SharedArrayBuffer => new SharedArrayBuffer(HEADER + CAPACITY);

/** The worker's side: a case begins. */
export const beginCase = (watch: SharedArrayBuffer, body: Uint8Array): void => {
  const shown = body.subarray(0, CAPACITY);
  new Uint8Array(watch, HEADER).set(shown);
  const numbers = new Int32Array(watch, 0, 2);
  Atomics.store(numbers, LENGTH, shown.length);
  Atomics.add(numbers, COUNT, 1);
};

/** How many cases were begun. */
export const casesBegun = (watch: SharedArrayBuffer): number =>
  Atomics.load(new Int32Array(watch, 0, 2), COUNT);

/** The bytes of the case that was begun last. */
export const lastCase = (watch: SharedArrayBuffer): Uint8Array =>
  new Uint8Array(watch, HEADER).slice(0, Atomics.load(new Int32Array(watch, 0, 2), LENGTH));
