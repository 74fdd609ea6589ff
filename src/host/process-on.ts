/** The agent's process as part of a host: its mark, and the locks that it takes on the machine below a root. */
import { join } from 'node:path';
import { StepError } from '../errors.ts';
import { fileError } from './file-errors.ts';
import type { Host, ProcessMark } from './host.ts';
import { takeLock } from './lock.ts';
import { isRunning, markOf } from './process-mark.ts';

/** Only root may write there, and the power takes it away. */
const folder = '/run/bootstrap-agent/lock';

export function processOn(root: string): Pick<Host, 'process' | 'isRunning' | 'lock'> {
  return {
    get process() {
      return thisProcess();
    },
    isRunning,
    lock(name, now) {
      const path = `${folder}/${name}`;
      const real = join(root, path);
      try {
        const self = thisProcess();
        if (self !== undefined) return takeLock(real, self, now);
        throw new StepError('cannot read /proc/self/stat: is /proc mounted?');
      } catch (error) {
        throw fileError(error, 'take the lock', path, real);
      }
    },
  };
}

let mark: ProcessMark | undefined;

/** Read when asked for: most commands never do. */
function thisProcess(): ProcessMark | undefined {
  mark ??= markOf(process.pid);
  return mark;
}
