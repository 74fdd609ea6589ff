import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type EventClock, eventClock, held } from '../../../src/simulator/time/event-clock.ts';
import { paceBy } from '../../../src/simulator/time/pace.ts';

let clock: EventClock;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  clock.close();
  for (const close of closing.splice(0)) await close();
});

function started(): EventClock {
  clock = eventClock();
  clock.start();
  return clock;
}

describe('the event clock', () => {
  it('jumps from one moment to the next, and wakes all who wait for it', async () => {
    const { sleep, monotonic } = started();
    const woken: string[] = [];
    const at = (ms: number, name: string) =>
      sleep(ms).then(() => woken.push(`${monotonic()} ${name}`));
    await Promise.all([at(3_600_000, 'late'), at(5, 'first'), at(5, 'second')]);
    expect(woken).toEqual(['5 first', '5 second', '3600000 late']);
  });

  it('stands still until it is started, and when it is closed', async () => {
    clock = eventClock();
    let woken = false;
    void clock.sleep(1).then(() => {
      woken = true;
    });
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect([woken, clock.monotonic()]).toEqual([false, 0]);
    clock.close();
    clock.start();
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(woken).toBe(false);
  });

  it('forgets who does not wait any longer', async () => {
    const { sleep, monotonic } = started();
    const bored = new AbortController();
    const late = sleep(1000, bored.signal);
    bored.abort(new Error('bored'));
    await expect(late).rejects.toThrow('bored');
    await expect(sleep(1, bored.signal)).rejects.toThrow('bored');
    await sleep(5000);
    expect(monotonic()).toBe(5000);
  });

  it('waits for a request that this computer is busy with, not for one that the simulator holds', async () => {
    const { sleep, monotonic } = started();
    const server = createServer(async (request, response) => {
      if (request.url === '/held') await held(clock, response, sleep(700));
      // Longer than any number of turns that the clock might take for quiet.
      else await new Promise((resolve) => setTimeout(resolve, 50));
      response.end('here');
    }).listen(0, '127.0.0.1');
    closing.push(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answer = (path: string) =>
      new Promise<number>((resolve, reject) => {
        get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
          response.resume().on('end', () => resolve(monotonic()));
        }).on('error', reject);
      });
    const alarm = sleep(100_000);
    expect(await answer('/busy')).toBe(0);
    expect(await answer('/held')).toBe(700);
    await alarm;
    expect(monotonic()).toBe(100_000);
  });

  it('waits for a decompression', async () => {
    const { sleep, monotonic } = started();
    const { createGunzip } = process.getBuiltinModule('node:zlib');
    const whole = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const stream = createGunzip();
    let done: number | undefined;
    stream.resume().on('end', () => {
      done = monotonic();
    });
    stream.end(whole);
    await sleep(1);
    expect(done).toBe(0);
    stream.destroy();
  });
});

describe('a pace', () => {
  it('is the same for a seed, and another one for another', () => {
    const [one, same, other] = [paceBy('1'), paceBy('1'), paceBy('2')];
    clock = one.clock;
    closing.push(same.clock.close, other.clock.close);
    expect(same.chance('x')).toBe(one.chance('x'));
    expect(other.chance('x')).not.toBe(one.chance('x'));
    expect(one.chance('y')).not.toBe(one.chance('x'));
    expect(one.random('a')()).toBe(same.random('a')());
    expect(one.random('a')()).not.toBe(one.random('b')());
  });
});
