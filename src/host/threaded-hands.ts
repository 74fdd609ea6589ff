/** Hands that work in a thread of their own, beside the one that reads the archive. */
import { availableParallelism } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { OrderWriter, sharedOrders } from './tree-orders.ts';
import type { TreeThreadData } from './tree-thread.ts';

/** A volume that is out of credits or has failed over answers again within a minute or not at all. */
const patienceMs = 300_000;

/** MB. It makes little but the names of files; each young generation there would otherwise be as large as the first thread's. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

export class ThreadedHands extends OrderWriter {
  readonly #thread: Worker;
  readonly #gone: Promise<void>;

  /** Undefined where a second thread would only take its turns with the first. */
  static begin(root: string, masked: boolean): ThreadedHands | undefined {
    return availableParallelism() < 2 ? undefined : new ThreadedHands(root, masked);
  }

  constructor(root: string, masked: boolean) {
    const memory = sharedOrders();
    super(memory, patienceMs);
    // Beside this file, from the sources as in the bundle.
    const here = fileURLToPath(import.meta.url);
    const file = join(dirname(here), `tree-thread${extname(here)}`);
    const workerData: TreeThreadData = { memory, root, masked };
    // Without the options of this process: what they preload, a thread that calls the kernel has no use for.
    const thread = new Worker(file, { workerData, env: SHARE_ENV, execArgv: [], resourceLimits });
    this.#thread = thread;
    // Who ends without having finished a tree is not to be kept by it.
    thread.unref();
    this.#gone = new Promise((resolve, reject) => {
      thread.once('error', reject);
      thread.once('exit', () => resolve());
    });
    this.#gone.catch(() => undefined);
  }

  /** Resolves when all orders were carried out. Throws what went wrong with one. */
  async finish(): Promise<void> {
    this.end();
    this.#thread.ref();
    await this.#gone;
    this.check();
    if (!this.ended) throw new Error('the thread that unpacks ended before its last order');
  }
}
