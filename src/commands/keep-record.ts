/** Keeps the record of a boot where it outlives the instance: in S3, within a short time of its own. */
import type { Aws } from '../aws/aws.ts';
import { type Clock, deadlineSignal } from '../clock.ts';
import type { FlightRecord } from '../engine/flight-record.ts';
import { messageOf, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import { readMembership } from '../identity/membership.ts';
import { type RecordOrders, recordKey } from '../plan/record-orders.ts';
import { formatS3Address } from '../s3-address.ts';
import type { Springs } from './springs.ts';

/** ABANDON waits for the record no longer than this; some hundred kilobytes take a tenth of a second. */
const withinMs = 5_000;

export interface Keeping {
  readonly orders: RecordOrders;
  readonly springs: Springs;
  readonly clock: Clock;
  readonly tell: Tell;
}

/** Never rejects: what goes wrong is a warning that names the permission, and changes nothing of the verdict. */
export async function keepRecord(record: FlightRecord, keeping: Keeping): Promise<void> {
  const { orders, springs, clock, tell } = keeping;
  const late = new UnavailableError(`S3 took no record within ${withinMs / 1000} s`);
  const { signal, release } = deadlineSignal(clock, withinMs, late);
  try {
    const { key, objects } = await destination(record, orders, springs, signal);
    const address = { bucket: orders.bucket, key };
    await objects.write(address, Buffer.from(`${JSON.stringify(record, undefined, 1)}\n`), {
      // Who may write records must not be able to replace those of others by accident.
      over: 'nothing',
      type: 'application/json',
      ...(orders.kmsKey !== undefined && { kmsKey: orders.kmsKey }),
      signal,
    });
    tell({ type: 'record-kept', address: formatS3Address(address) });
  } catch (error) {
    const message = `the flight record is not in s3://${orders.bucket}: ${messageOf(error)}`;
    tell({ type: 'warning', message });
  } finally {
    release();
  }
}

async function destination(
  record: FlightRecord,
  orders: RecordOrders,
  springs: Springs,
  signal: AbortSignal,
): Promise<{ key: string; objects: Aws['objects'] }> {
  const { bootId, startedAt, identity } = record;
  const of =
    identity === undefined
      ? await readMembership(springs.metadata, signal)
      : {
          instanceId: identity.facts.instance_id,
          region: identity.facts.region,
          group: identity.facts.group_name,
          class: identity.class.name,
        };
  const key = recordKey(orders, { ...of, bootId, startedAt });
  return { key, objects: springs.aws(of.region).objects };
}
