/** Patience with the disk: a disk that hangs must neither keep the group from being told nor the agent from ending. */
import { type Clock, within } from '../clock.ts';
import { messageOf, StepError } from '../errors.ts';
import type { Tell } from '../events.ts';

/** What a healthy disk needs at most to make durable what a boot wrote; the heaviest are the artefacts. */
const seconds = 60;

/** What `opening` gives. Throws StepError where the disk does not let it. */
export function openedInTime<T>(clock: Clock, what: string, opening: Promise<T>): Promise<T> {
  const stuck = `${what} could not be opened within ${seconds} s: does the disk hang? The kernel's log says (dmesg).`;
  return within(clock, seconds * 1000, new StepError(stuck), opening);
}

/** Waits for `work`, whose failure is a warning and no more: the next boot checks again what is on the disk. */
export async function settledInTime(
  clock: Clock,
  tell: Tell,
  what: string,
  work: Promise<unknown>,
): Promise<void> {
  const stuck = new StepError(`${what}: not durable after ${seconds} s.`);
  await within(clock, seconds * 1000, stuck, work).catch((error) =>
    tell({ type: 'warning', message: messageOf(error) }),
  );
}
