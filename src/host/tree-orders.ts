/**
 * Orders from the thread that reads an archive to one that makes its tree. They are written one after the other into batches of shared
 * memory, which go round. A batch whose state is 0 is the writer's; else it is the reader's, and the state tells how many bytes it holds.
 */
import type { TreeHands } from './tree-hands.ts';

const batches = 4;
const batchSize = 512 << 10;
/** Before the batches: 32-bit words, then what went wrong. */
const headSize = 4096;
const failureFrom = 64;
/** The first words are the states of the batches. */
const places = { ready: batches, ended: batches + 1, stop: batches + 2, failure: batches + 3 };

/** Sort (1 byte), whether a time is told (1), mode (2), bytes of the two that follow (4 each), the time (8). */
const orderSize = 20;
const sorts = {
  makeDirectory: 1,
  changeMode: 2,
  openFile: 3,
  write: 4,
  closeFile: 5,
  symlink: 6,
  hardlink: 7,
  end: 8,
} as const;

export function sharedOrders(): SharedArrayBuffer {
  return new SharedArrayBuffer(headSize + batches * batchSize);
}

/** What is told of an error from one thread to the other. */
interface Failure {
  readonly message: string;
  readonly code?: string;
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

class Shared {
  readonly #words: Int32Array;
  readonly #bytes: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, failureFrom / 4);
    this.#bytes = Buffer.from(memory);
  }

  batch(at: number): Buffer {
    const from = headSize + at * batchSize;
    return this.#bytes.subarray(from, from + batchSize);
  }

  get(place: number): number {
    return Atomics.load(this.#words, place);
  }

  set(place: number, value: number): void {
    Atomics.store(this.#words, place, value);
    Atomics.notify(this.#words, place);
  }

  /** Sleeps while the word is `value`, at most so many milliseconds; true where it is another one then. */
  awaitChange(place: number, value: number, ms?: number): boolean {
    return Atomics.wait(this.#words, place, value, ms) !== 'timed-out';
  }

  get failure(): Failure | undefined {
    const length = this.get(places.failure);
    if (length === 0) return undefined;
    return JSON.parse(this.#bytes.toString('utf8', failureFrom, failureFrom + length)) as Failure;
  }

  set failure(failure: Failure) {
    const room = headSize - failureFrom;
    // A code unit takes three bytes at the most, and JSON makes up to six of one.
    const message = failure.message.slice(0, room / 10);
    const text = JSON.stringify({ ...failure, message });
    this.set(places.failure, this.#bytes.write(text, failureFrom, room));
  }
}

/** Hands that pass each call on as an order. What it came to is told by a later call, which throws it. */
export class OrderWriter implements TreeHands {
  readonly #shared: Shared;
  readonly #patienceMs: number;
  #at = 0;
  #batch: Buffer;
  #filled = 0;

  /** `patienceMs`: how long the reader may take for one batch, half a megabyte, before it is given up. */
  constructor(memory: SharedArrayBuffer, patienceMs: number) {
    this.#shared = new Shared(memory);
    this.#patienceMs = patienceMs;
    this.#batch = this.#shared.batch(0);
  }

  /** There is a reader. */
  get ready(): boolean {
    return this.#shared.get(places.ready) === 1;
  }

  /** The reader has read its last order. */
  get ended(): boolean {
    return this.#shared.get(places.ended) === 1;
  }

  makeDirectory(path: string, mode: number): void {
    this.#order(sorts.makeDirectory, path, '', mode);
  }

  changeMode(path: string, mode: number): void {
    this.#order(sorts.changeMode, path, '', mode);
  }

  openFile(path: string, mode: number): void {
    this.#order(sorts.openFile, path, '', mode);
  }

  write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      if (batchSize - this.#filled <= orderSize) this.#handOver();
      const part = bytes.subarray(done, done + batchSize - this.#filled - orderSize);
      this.#head(sorts.write, part.length, 0, 0, undefined);
      this.#batch.set(part, this.#filled + orderSize);
      this.#filled += orderSize + part.length;
      done += part.length;
    }
  }

  closeFile(modified: number | undefined): void {
    this.#order(sorts.closeFile, '', '', 0, modified);
  }

  symlink(path: string, target: string): void {
    this.#order(sorts.symlink, path, target);
  }

  hardlink(path: string, existing: string): void {
    this.#order(sorts.hardlink, path, existing);
  }

  /** Says that no more orders come. */
  end(): void {
    this.#order(sorts.end, '', '');
    this.#shared.set(this.#at, this.#filled);
  }

  /** Throws what went wrong so far. */
  check(): void {
    const { failure } = this.#shared;
    if (failure === undefined) return;
    const { message, ...code } = failure;
    throw Object.assign(new Error(message), code);
  }

  /** Has the reader leave out all orders that it did not come to, and waits until it is done with the last it began. */
  stop(): void {
    if (this.ended) return;
    this.#shared.set(places.stop, 1);
    // It may sleep until this batch is filled.
    this.#filled = 0;
    this.end();
    if (this.ready && !this.ended) this.#shared.awaitChange(places.ended, 0, this.#patienceMs);
  }

  #order(sort: number, first: string, second: string, mode = 0, modified?: number): void {
    // A code unit takes three bytes of UTF-8 at the most.
    const most = orderSize + 3 * (first.length + second.length);
    // Far beyond PATH_MAX.
    if (most > batchSize) throw coded('ENAMETOOLONG', 'name too long');
    if (this.#filled + most > batchSize) this.#handOver();
    const from = this.#filled + orderSize;
    const one = first === '' ? 0 : this.#batch.write(first, from);
    const two = second === '' ? 0 : this.#batch.write(second, from + one);
    this.#head(sort, one, two, mode, modified);
    this.#filled = from + one + two;
  }

  #head(sort: number, first: number, second: number, mode: number, modified: number | undefined) {
    const batch = this.#batch;
    const at = this.#filled;
    batch[at] = sort;
    batch[at + 1] = modified === undefined ? 0 : 1;
    batch.writeUInt16LE(mode, at + 2);
    batch.writeUInt32LE(first, at + 4);
    batch.writeUInt32LE(second, at + 8);
    if (modified !== undefined) batch.writeDoubleLE(modified, at + 12);
  }

  /** Gives the batch away and waits for the next one to be free. */
  #handOver(): void {
    this.check();
    this.#shared.set(this.#at, this.#filled);
    this.#at = (this.#at + 1) % batches;
    const busy = this.#shared.get(this.#at);
    if (busy !== 0 && !this.#shared.awaitChange(this.#at, busy, this.#patienceMs))
      throw coded('EIO', `the disk took nothing for ${this.#patienceMs / 1000} s`);
    this.#batch = this.#shared.batch(this.#at);
    this.#filled = 0;
  }
}

/** Has `hands` carry out all orders up to the last; the first that fails is told to the writer, and none is carried out after it. */
export function carryOut(memory: SharedArrayBuffer, hands: TreeHands): void {
  const shared = new Shared(memory);
  shared.set(places.ready, 1);
  let failed = false;
  for (let at = 0; ; at = (at + 1) % batches) {
    shared.awaitChange(at, 0);
    const batch = shared.batch(at).subarray(0, shared.get(at));
    let last = 0;
    for (let from = 0; from < batch.length; ) {
      const size = orderSize + batch.readUInt32LE(from + 4) + batch.readUInt32LE(from + 8);
      last = batch[from] ?? 0;
      failed ||= shared.get(places.stop) === 1;
      try {
        if (!failed) carryOne(batch.subarray(from, from + size), hands);
      } catch (error) {
        failed = true;
        const { message, code } = error as NodeJS.ErrnoException;
        shared.failure = { message, ...(code !== undefined && { code }) };
      }
      from += size;
    }
    shared.set(at, 0);
    if (last !== sorts.end) continue;
    hands.closeFile(undefined);
    shared.set(places.ended, 1);
    return;
  }
}

function carryOne(order: Buffer, hands: TreeHands): void {
  const second = orderSize + order.readUInt32LE(4);
  const path = () => order.toString('utf8', orderSize, second);
  const target = () => order.toString('utf8', second);
  const mode = order.readUInt16LE(2);
  const sort = order[0];
  if (sort === sorts.write) hands.write(order.subarray(orderSize));
  else if (sort === sorts.openFile) hands.openFile(path(), mode);
  else if (sort === sorts.closeFile)
    hands.closeFile(order[1] === 0 ? undefined : order.readDoubleLE(12));
  else if (sort === sorts.makeDirectory) hands.makeDirectory(path(), mode);
  else if (sort === sorts.changeMode) hands.changeMode(path(), mode);
  else if (sort === sorts.symlink) hands.symlink(path(), target());
  else if (sort === sorts.hardlink) hands.hardlink(path(), target());
}
