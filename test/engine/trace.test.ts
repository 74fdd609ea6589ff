import { expect, it } from 'vitest';
import { traceOf } from '../../src/engine/trace.ts';
import { goodBoot } from './events-of-a-boot.ts';
import { failedRecord } from './records.ts';

const record = { ...failedRecord(), events: goodBoot };
const { traceEvents } = traceOf(record);
const complete = traceEvents.filter((event) => event.ph === 'X');

it('has complete events, in processes and threads that have names', () => {
  expect(JSON.parse(JSON.stringify(traceOf(record))).traceEvents).toHaveLength(traceEvents.length);
  const names = traceEvents.flatMap((event) =>
    event.ph === 'M' && /^(process|thread)_name$/.test(event.name)
      ? [`${event.name} ${event.pid} ${event.name === 'process_name' ? 0 : event.tid}`]
      : [],
  );
  expect(new Set(names).size).toBe(names.length);
  for (const { pid, tid, ts, dur, args } of complete) {
    expect(names).toContain(`process_name ${pid} 0`);
    expect(names).toContain(`thread_name ${pid} ${tid}`);
    for (const number of [ts, dur]) expect(Number.isInteger(number) && number >= 0).toBe(true);
    expect(args.story).not.toBe('');
  }
});

it('draws the critical path in a lane of its own, and each bar once below', () => {
  const named = (name: string) => complete.filter((event) => event.name === name);
  expect(named('artifact:shop').map(({ pid }) => pid)).toHaveLength(2);
  expect(named('sysctl')).toHaveLength(1);
  expect(named('artifact:shop')[0]).toMatchObject({ pid: 1, ts: 42_000, dur: 658_000 });
  expect(named('artifact:shop')[1]?.args).toMatchObject({ critical: true, retries: 1 });
});

it('has no two events of one thread that overlap', () => {
  for (const a of complete)
    for (const b of complete) {
      if (a === b || a.pid !== b.pid || a.tid !== b.tid) continue;
      expect(a.ts >= b.ts + b.dur || b.ts >= a.ts + a.dur, `${a.name}, ${b.name}`).toBe(true);
    }
});
