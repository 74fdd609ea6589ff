/** Which step the running code works for, so that a call to AWS can be told with whose it is. */
import { AsyncLocalStorage } from 'node:async_hooks';

const step = new AsyncLocalStorage<string>();

/** Does `work`, and all that it starts, on behalf of a step. */
export function onBehalfOf<T>(id: string, work: () => T): T {
  return step.run(id, work);
}

/** The id of that step, as a part of a happening; nothing where the work is the boot's own. */
export function whose(): { readonly step?: string } {
  const id = step.getStore();
  return id === undefined ? {} : { step: id };
}
