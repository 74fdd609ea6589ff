import { expect, test } from 'vitest';
import { Pulse } from '../../src/engine/pulse.ts';
import { withTimedRuns } from '../../src/engine/timed-runs.ts';
import type { Host } from '../../src/host/host.ts';

function stage() {
  let now = 1000;
  const at = (ms: number) => {
    now = ms;
  };
  const pulse = new Pulse({ monotonic: () => now });
  return { pulse, at };
}

test('what moved last counts', () => {
  const { pulse, at } = stage();
  at(2000);
  expect(pulse.progressed()).toBe(1000);
  pulse.beat();
  at(3000);
  expect(pulse.progressed()).toBe(2000);
});

test('what ends by itself is progress until its time is up, or it is over', () => {
  const { pulse, at } = stage();
  const long = pulse.during(5000);
  const short = pulse.during(1000);
  at(4000);
  expect(pulse.progressed()).toBe(4000);
  long();
  at(5000);
  expect(pulse.progressed()).toBe(4000);
  short();
  expect(pulse.progressed()).toBe(4000);
});

test('past its time it is none, and its end then is no sign of life either', () => {
  const { pulse, at } = stage();
  const over = pulse.during(1000);
  at(9000);
  expect(pulse.progressed()).toBe(2000);
  over();
  expect(pulse.progressed()).toBe(2000);
});

test('a program is progress within its own timeout, and only one that has any', async () => {
  const { pulse, at } = stage();
  const seen: number[] = [];
  const host = {
    run: async () => {
      at(3000);
      seen.push(pulse.progressed());
      return { exitCode: 0, stdout: '', stderr: '', timedOut: false };
    },
  } as unknown as Host;
  const timed = withTimedRuns(host, pulse);
  await timed.run(['true']);
  at(1000);
  await timed.run(['true'], { timeoutSeconds: 60 });
  at(8000);
  expect([...seen, pulse.progressed()]).toEqual([1000, 3000, 3000]);
});
