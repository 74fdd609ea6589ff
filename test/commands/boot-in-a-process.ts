/** A process that boots a simulated machine whose AWS lives in its parent: made to be killed. Arguments: a JSON document. */
import { writeSync } from 'node:fs';
import { systemClock } from '../../src/clock.ts';
import { boot } from '../../src/commands/boot.ts';
import { readRolesFolder } from '../../src/commands/surroundings.ts';
import type { Event } from '../../src/events.ts';
import type { Host } from '../../src/host/host.ts';
import { localHost } from '../../src/host/local-host.ts';
import { machineSchema } from '../../src/simulator/machine/description.ts';
import { simulatedMachine } from '../../src/simulator/machine/simulated-machine.ts';

const { root, description, env, roles, dieAt } = JSON.parse(process.argv[2] ?? '{}');
const machine = await simulatedMachine({
  root,
  description: machineSchema.parse(description),
  clock: systemClock,
});
// One boot of the kernel, whichever process: it is the agent that dies, not the machine.
const host: Host = {
  ...machine,
  hardware: async () => ({ ...(await machine.hardware()), bootId: 'one-boot' }),
};
/** The events that the journal keeps; each is told here before it is written there. */
const written: ReadonlySet<Event['type']> = new Set([
  'boot-started',
  'step-applying',
  'step-finished',
  'verdict',
  'hook-completed',
  'boot-finished',
]);
let journaled = 0;
const result = await boot(
  {
    env,
    host,
    clock: systemClock,
    simulated: true,
    baked: () => readRolesFolder(localHost().files, roles, 'roles'),
  },
  {
    agentVersion: '0',
    signal: new AbortController().signal,
    listeners: [
      (event) => {
        if (!written.has(event.type)) return;
        journaled += 1;
        if (journaled === dieAt) process.kill(process.pid, 'SIGKILL');
      },
    ],
  },
);
writeSync(
  1,
  JSON.stringify({ journaled, exitCode: result.exitCode, because: result.verdict.because }),
);
process.exit(0);
