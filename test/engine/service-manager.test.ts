import { expect, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { serviceManager } from '../../src/engine/service-manager.ts';
import { type Event, EventStream, type Happening } from '../../src/events.ts';
import type { Finished, RunOptions } from '../../src/host/host.ts';
import { Redactor } from '../../src/redaction.ts';

const fine: Finished = { exitCode: 0, stdout: '', stderr: '', timedOut: false };
const started: Happening = {
  type: 'boot-started',
  agentVersion: '1.0.0',
  simulated: false,
  bootId: 'b',
};
const planned: Happening = { type: 'plan-made', digest: 'd', steps: 2, probes: 1 };
const atWork: Happening = { type: 'step-started', step: 'packages' };
const probed: Happening = {
  type: 'probe-answered',
  probe: 'probe:shop',
  ok: false,
  detail: 'answered\n503',
  inARow: 0,
  wanted: 1,
};
const healthy: Happening = { type: 'verdict', result: 'CONTINUE', because: 'answered 200' };
const sick: Happening = { type: 'verdict', result: 'ABANDON', because: 'answered 503' };
const finished = (code: number): Happening => ({ type: 'boot-finished', exitCode: code, ms: 1 });

test('each new phase is a status text, and the end of a good boot is READY', async () => {
  const { tell, told, settled } = listening('/run/systemd/notify');
  for (const one of [started, planned, atWork, probed, probed, healthy, finished(0)]) tell(one);
  await settled();
  expect(told()).toEqual([
    ['systemd-notify', 'STATUS=Making a node: 0 of 2 steps done'],
    ['systemd-notify', 'STATUS=Waiting until the node is healthy: probe:shop: answered 503'],
    [
      ...['systemd-notify', 'READY=1'],
      'STATUS=A healthy node: answered 200; launch hook: none to complete',
    ],
  ]);
});

test('a node that registers says how its load balancers see it', async () => {
  const { tell, told, settled } = listening('/run/systemd/notify');
  const balancers = ['target group shop'];
  const seen = { targetGroup: 'shop', state: 'initial', because: 'it is being registered.' };
  tell(started);
  tell({ type: 'target-health', ...seen });
  tell({ type: 'registering', balancers });
  await settled();
  expect(told()).toEqual([
    [
      'systemd-notify',
      'STATUS=Waiting until the load balancer finds the node healthy: shop: initial: it is being registered.',
    ],
  ]);
});

test('a failed boot is never READY, and says why in one line of bounded length', async () => {
  const { tell, told, settled } = listening('/run/systemd/notify');
  const because = `${'x'.repeat(400)}\nREADY=1`;
  for (const one of [started, { ...sick, because }, finished(1)]) tell(one);
  await settled();
  const [words, ...others] = told();
  expect(others).toEqual([]);
  expect(words?.[1]).toMatch(/^STATUS=Failed, exit code 1: x+…$/);
  expect(words?.length).toBe(2);
});

test('after READY the watchdog hears from an agent that goes on, until it is about to exit', async () => {
  const { tell, told, settled, stop, pass } = listening('/run/systemd/notify');
  for (const one of [started, healthy, finished(0)]) tell(one);
  await pass(20_000);
  await pass(20_000);
  stop();
  await pass(20_000);
  await settled();
  const alive = ['systemd-notify', 'WATCHDOG=1'];
  expect(told().slice(1)).toEqual([alive, alive]);
});

test('every 20 seconds it asks for three more minutes, and no more once the boot is over', async () => {
  const { tell, told, settled, pass } = listening('/run/systemd/notify');
  for (const one of [started, planned, atWork]) tell(one);
  await pass(20_000);
  await pass(20_000);
  tell(healthy);
  tell(finished(0));
  await pass(20_000);
  await settled();
  const extensions = told().filter((words) => words.includes('EXTEND_TIMEOUT_USEC=180000000'));
  expect(extensions).toEqual(
    [1, 2].map(() => [
      ...['systemd-notify', 'EXTEND_TIMEOUT_USEC=180000000'],
      'STATUS=Making a node: 0 of 2 steps done, at work on packages',
    ]),
  );
});

test('a systemd-notify that is not there fails nothing', async () => {
  const { tell, settled } = listening('/run/systemd/notify', () =>
    Promise.reject(new Error('cannot run systemd-notify')),
  );
  for (const one of [started, planned, finished(0)]) tell(one);
  await expect(settled()).resolves.toBeUndefined();
});

test('without a socket nothing is run', async () => {
  const { tell, told, settled } = listening(undefined);
  for (const one of [started, planned, finished(0)]) tell(one);
  await settled();
  expect(told()).toEqual([]);
});

/** A service manager that hears what is told; time stands still until it is let pass. */
function listening(socket: string | undefined, run = async () => fine) {
  const calls: { argv: readonly string[]; options: RunOptions | undefined }[] = [];
  let now = 0;
  const sleeping: { until: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleeping.push({ until: now + ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const host = {
    run: (argv: readonly [string, ...string[]], options?: RunOptions) => {
      calls.push({ argv, options });
      return run();
    },
  };
  const manager = serviceManager(socket, host, clock);
  const stream = new EventStream(clock, new Redactor());
  stream.listen((event: Event) => manager.listener(event));
  return {
    tell: stream.tell,
    settled: manager.settled,
    stop: manager.stop,
    told: () => {
      for (const { options } of calls) expect(options?.env).toEqual({ NOTIFY_SOCKET: socket });
      return calls.map(({ argv }) => argv);
    },
    pass: async (ms: number) => {
      now += ms;
      for (const { until, wake } of sleeping.splice(0)) if (until <= now) wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
