/** Tells the serial console, which is all that is left to look at when nobody can log in, or when the instance is gone. */
import { type FlightRecord, recordsDirectory } from '../engine/flight-record.ts';
import { forConsole, obituary } from '../engine/obituary.ts';
import type { Happening } from '../events.ts';
import type { Host } from '../host/host.ts';
import type { RecordOrders } from '../plan/record-orders.ts';

/** A serial line takes 11 KB a second, and one that nobody drains may take nothing at all. */
const patienceSeconds = 2;
const mostLines = 10;

export type TargetHealth = Extract<Happening, { readonly type: 'target-health' }>;

/**
 * Why the boot failed, before the group ends the instance: the unit that says it afterwards may come too late. Never rejects:
 * a machine without a console has nobody to tell.
 */
export async function tellConsole(
  host: Host,
  record: FlightRecord,
  orders: RecordOrders | undefined,
): Promise<void> {
  const kept = [
    `${recordsDirectory}/latest.json`,
    ...(orders === undefined ? [] : [`s3://${orders.bucket}/${orders.prefix}`]),
  ];
  await write(host, obituary(record, kept));
}

/** That the load balancer finds the node unhealthy, and why: its group is about to replace it. Never rejects. */
export async function tellConsoleOfTarget(host: Host, unhealthy: TargetHealth): Promise<void> {
  const { targetGroup, reason, because } = unhealthy;
  const what = `bootstrap-agent: target group ${targetGroup} finds this node unhealthy`;
  const [first = '', ...rest] = because.split('\n');
  const lines = [`${what} (${reason ?? 'no reason given'}): ${first}`, ...rest.slice(0, mostLines)];
  await write(host, forConsole(lines));
}

async function write(host: Host, input: string): Promise<void> {
  const argv = ['/bin/sh', '-c', 'cat > /dev/console'] as const;
  await host.run([...argv], { input, timeoutSeconds: patienceSeconds }).catch(() => undefined);
}
