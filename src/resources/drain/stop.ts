/** The drain resource `stop`: a unit of the class is stopped, in its own way and time. */

import { StepError } from '../../errors.ts';
import { driftOf } from '../owned.ts';
import { failureOf } from '../programs.ts';
import { isActive, showUnit, stateOf } from '../service/unit.ts';
import type { DrainResource } from './drain-resource.ts';
import type { StopStep } from './drain-step.ts';

export const stop: DrainResource<StopStep> = {
  async check({ unit: name }, { host }, { signal }) {
    const unit = await showUnit(host, name, signal);
    const gone = !isActive(unit) && unit.ActiveState !== 'deactivating';
    if (gone) return undefined;
    return driftOf([{ aspect: 'state', found: stateOf(unit), wanted: 'stopped' }]);
  },

  async apply({ unit }, { host, redactor }, { signal }) {
    // systemd gives it the time that its unit says (TimeoutStopSec=), and ends it then.
    const finished = await host.run(['systemctl', 'stop', '--', unit], { signal });
    if (finished.exitCode === 0) return;
    throw new StepError(failureOf(redactor, `stop ${unit}`, finished, {}));
  },
};
