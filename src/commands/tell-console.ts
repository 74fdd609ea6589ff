/** Tells the serial console why the boot failed, before the group ends the instance: the unit that says it afterwards may come too late. */
import { type FlightRecord, recordsDirectory } from '../engine/flight-record.ts';
import { obituary } from '../engine/obituary.ts';
import type { Host } from '../host/host.ts';
import type { RecordOrders } from '../plan/record-orders.ts';

/** A serial line takes 11 KB a second, and one that nobody drains may take nothing at all. */
const patienceSeconds = 2;

/** Never rejects: a machine without a console has nobody to tell. */
export async function tellConsole(
  host: Host,
  record: FlightRecord,
  orders: RecordOrders | undefined,
): Promise<void> {
  const kept = [
    `${recordsDirectory}/latest.json`,
    ...(orders === undefined ? [] : [`s3://${orders.bucket}/${orders.prefix}`]),
  ];
  const argv = ['/bin/sh', '-c', 'cat > /dev/console'] as const;
  const input = obituary(record, kept);
  await host.run([...argv], { input, timeoutSeconds: patienceSeconds }).catch(() => undefined);
}
