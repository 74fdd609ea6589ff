/** Memory given back as soon as nobody needs it. */

/** ArrayBuffer of ECMAScript 2024; Node 20 lacks it. */
interface Transferable {
  transfer?(length: number): unknown;
}

/**
 * Frees `memory`, into which nobody may look any more. Left to the garbage collector, which counts the memory of large buffers but does
 * not own it, it costs collections all the time.
 */
export function giveBack(memory: ArrayBufferLike): void {
  (memory as Transferable).transfer?.(0);
}
