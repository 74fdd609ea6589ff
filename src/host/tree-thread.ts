/** A thread that makes trees: carries out the orders of the memory it is given, and ends with the last. */
import { workerData } from 'node:worker_threads';
import { OwnHands } from './tree-hands.ts';
import { carryOut } from './tree-orders.ts';

export interface TreeThreadData {
  readonly memory: SharedArrayBuffer;
  readonly root: string;
  readonly masked: boolean;
}

const { memory, root, masked } = workerData as TreeThreadData;
carryOut(memory, new OwnHands(root, masked));
