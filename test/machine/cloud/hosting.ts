/** The machines behind the simulated EC2 of a cloud: asked for where EC2 is, run where the test is. Both ends of that line. */
import type { LaunchedMachine, Machines } from '../../../src/simulator/services/ec2/machines.ts';

/** What runs machines: the test's process, since the cloud's sees another /sys and no mounts of others. */
export interface Host {
  launch(machine: HostedMachine, wentOff: () => void): Promise<void>;
  start(instanceId: string): Promise<void>;
  stop(instanceId: string): Promise<void>;
  terminate(instanceId: string): Promise<void>;
  keepDisk(instanceId: string, snapshotId: string): Promise<void>;
  copyDisk(snapshotId: string, copyId: string): Promise<void>;
  forgetDisk(snapshotId: string): Promise<void>;
}

export interface HostedMachine {
  readonly instanceId: string;
  readonly address: string;
  readonly snapshotId: string;
}

/** From the cloud to the test. */
export interface Deed {
  readonly deed: number;
  readonly does: keyof Host;
  readonly about: readonly [string, ...string[]];
}

/** From the test to the cloud. */
export type Done =
  | { readonly done: number; readonly error?: string }
  | { readonly wentOff: string };

/** In the cloud's process. Messages that are not about machines are left to others. */
export function remoteMachines(): Machines {
  const waiting = new Map<number, (error: string | undefined) => void>();
  const wentOff = new Map<string, () => void>();
  let deeds = 0;
  process.on('message', (message: Partial<{ done: number; error: string; wentOff: string }>) => {
    if (message.wentOff !== undefined) wentOff.get(message.wentOff)?.();
    if (message.done !== undefined) waiting.get(message.done)?.(message.error);
  });
  const ask =
    (does: keyof Host) =>
    (...about: [string, ...string[]]): Promise<void> =>
      new Promise((resolve, reject) => {
        const deed = deeds++;
        waiting.set(deed, (error) => {
          waiting.delete(deed);
          if (error === undefined) resolve();
          else reject(new Error(error));
        });
        process.send?.({ deed, does, about } satisfies Deed);
      });
  return {
    launch: (machine: LaunchedMachine) => {
      const { instance_id: id, private_ipv4: address } = machine.instance;
      wentOff.set(id, machine.wentOff);
      return ask('launch')(id, address, machine.snapshotId);
    },
    start: ({ instance }) => ask('start')(instance.instance_id),
    stop: ask('stop'),
    terminate: ask('terminate'),
    replaceRoot: () => Promise.reject(new Error('machines of this cloud keep their root volume')),
    keepDisk: ask('keepDisk'),
    copyDisk: ask('copyDisk'),
    forgetDisk: ask('forgetDisk'),
  };
}

/** In the test's process: does what the cloud asks for, and tells it. */
export async function doFor(
  host: Host | undefined,
  { deed, does, about }: Deed,
  tell: (done: Done) => void,
): Promise<void> {
  const [first, second = '', third = ''] = about;
  try {
    if (host === undefined) throw new Error('nothing runs machines for this cloud');
    if (does === 'launch') {
      const machine = { instanceId: first, address: second, snapshotId: third };
      await host.launch(machine, () => tell({ wentOff: first }));
    } else if (does === 'keepDisk' || does === 'copyDisk') await host[does](first, second);
    else await host[does](first);
    tell({ done: deed });
  } catch (error) {
    tell({ done: deed, error: String(error instanceof Error ? error.stack : error) });
  }
}
