/** One boot of a simulated machine whose AWS is elsewhere, and that can be killed at any write of its journal. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { type BootResult, boot } from '../../src/commands/boot.ts';
import { readRolesFolder } from '../../src/commands/surroundings.ts';
import type { Files, Host } from '../../src/host/host.ts';
import { localHost } from '../../src/host/local-host.ts';
import { machineSchema } from '../../src/simulator/machine/description.ts';
import { simulatedMachine } from '../../src/simulator/machine/simulated-machine.ts';

export interface OneBoot {
  readonly root: string;
  readonly description: unknown;
  readonly env: Readonly<Record<string, string>>;
  readonly roles: string;
  /** The write at which this process ends by SIGKILL: right after it, or in the middle of its line. */
  readonly die?: { readonly at: number; readonly torn: boolean };
}

/** Boots, and counts what the journal wrote. One boot of the kernel, whichever process: it is the agent that dies. */
export async function oneBoot({ root, description, env, roles, die }: OneBoot) {
  const machine = await simulatedMachine({
    root,
    description: machineSchema.parse(description),
    clock: systemClock,
  });
  let writes = 0;
  const append = (path: string, write: (line: string) => void) => (line: string) => {
    writes += 1;
    if (writes === die?.at && die.torn) {
      appendFileSync(join(root, path), line.slice(0, line.length / 2));
      process.kill(process.pid, 'SIGKILL');
    }
    write(line);
    if (writes === die?.at) process.kill(process.pid, 'SIGKILL');
  };
  const openLog: Files['openLog'] = async (path) => {
    const log = await machine.files.openLog(path);
    return {
      append: append(path, (line) => log.append(line)),
      flushed: () => log.flushed(),
      close: () => log.close(),
    };
  };
  const host: Host = {
    ...machine,
    files: Object.create(machine.files, { openLog: { value: openLog } }),
    hardware: async () => ({ ...(await machine.hardware()), bootId: 'one-boot' }),
  };
  const baked = () => readRolesFolder(localHost().files, roles, 'roles');
  const result: BootResult = await boot(
    { env, host, clock: systemClock, simulated: true, baked },
    { agentVersion: '0', signal: new AbortController().signal, listeners: [] },
  );
  await machine.close();
  return { result, writes };
}
