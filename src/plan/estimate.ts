/**
 * Rough durations of steps, for the critical path of a dry run. These are assumptions, not measurements: good enough to see
 * which chain is long, not how long it is. What a boot really took is in its timeline.
 */
import type { Drift } from '../resources/resource.ts';
import type { Step } from '../resources/step.ts';

/** One connection to S3, bytes a millisecond (90 MB/s). */
const s3Rate = 90_000;
/** Unpacking to disk, bytes of the object a millisecond. */
const unpackRate = 150_000;
/** An object whose size no manifest tells, bytes. */
const usualObject = 64 * 1024 * 1024;
/** Looking whether a step is in place already. */
const check = 2;

/** Milliseconds that `step` may take where `drift` was found; only the look where there was none. */
export function estimateMs(step: Step, drift: Drift | undefined): number {
  return drift === undefined ? check : check + applyMs(step);
}

function applyMs(step: Step): number {
  switch (step.kind) {
    case 'sysctl':
    case 'directory':
    case 'file':
      return 5;
    case 'hostname':
      return 50;
    case 'hold':
    case 'mask':
      // systemd reads all of its units again.
      return 150;
    case 'kernel-module':
      return 30 * step.modules.length;
    case 'user':
      return 100;
    case 'secret':
      return 150;
    case 'package':
      return 5000 + 1500 * step.packages.length;
    case 'command':
      return 1000;
    case 'service':
      // What runs a release is an application, which takes its time; a daemon of the system does not.
      return step.needs.some((need) => need.startsWith('artifact:')) ? 3000 : 300;
    case 'artifact': {
      const bytes = step.size ?? usualObject;
      return 100 + bytes / s3Rate + (step.as === 'tree' ? bytes / unpackRate : 0);
    }
  }
}
