/** The drain resource `quiet`: waits until nobody outside is connected to the node's ports. */
import { driftOf } from '../owned.ts';
import type { DrainResource } from './drain-resource.ts';
import type { QuietStep } from './drain-step.ts';

const lookEveryMs = 250;

export const quiet: DrainResource<QuietStep> = {
  async check({ ports }, { host }) {
    const open = await host.connections(ports);
    if (open === 0) return undefined;
    return driftOf([{ aspect: 'connections', found: `${open}`, wanted: '0' }]);
  },

  async apply({ ports }, { host, sleep }, { signal, progress }) {
    let said: number | undefined;
    for (;;) {
      const open = await host.connections(ports);
      if (open === 0) return;
      if (open !== said) progress({ what: 'line', line: `${open} connections are open` });
      said = open;
      await sleep(lookEveryMs, signal);
    }
  },
};
