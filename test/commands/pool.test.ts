import { expect, test } from 'vitest';
import { bootsAgain } from '../../src/commands/boots-again.ts';
import { forgetPrepared, isStillForPool, notePrepared, putAway } from '../../src/commands/pool.ts';
import { UnavailableError } from '../../src/errors.ts';
import type { Happening } from '../../src/events.ts';
import type { Finished, Host } from '../../src/host/host.ts';
import type { Metadata } from '../../src/identity/metadata.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { surroundingsOf } from './trial-boot.ts';

const { signal } = new AbortController();
const launch = { targetLifecycleState: 'Warmed:Running' };
const preparedPath = '/run/bootstrap-agent/prepared.json';

/** A machine on which every program ends so; and what was told and run. */
async function machine(finished: Partial<Finished> = {}) {
  const { files } = (await surroundingsOf()).host;
  const told: Happening[] = [];
  const ran: string[] = [];
  const run: Host['run'] = async (argv) => {
    ran.push(argv.join(' '));
    return { exitCode: 0, stdout: '', stderr: '', timedOut: false, ...finished };
  };
  return { files, run, told, ran, tell: (one: Happening) => void told.push(one) };
}

const metadata = (read: () => Promise<string | undefined>) => ({ read }) as unknown as Metadata;

test.each([
  ['still', async () => 'Warmed:Stopped', true],
  ['no more', async () => 'InService', false],
  ['as before where the key is gone', async () => undefined, true],
  ['as before where nobody answers', () => Promise.reject(new UnavailableError('no answer')), true],
])('whether the group wants it in the pool: %s', async (_, read, expected) => {
  expect(await isStillForPool(metadata(read), launch, signal)).toBe(expected);
});

test('what is wrong with the question itself is not taken for an answer', async () => {
  const wrong = metadata(() => Promise.reject(new TypeError('a bug')));
  await expect(isStillForPool(wrong, launch, signal)).rejects.toThrow('a bug');
});

test('a prepared node says so, is watched, and forgets it when it is wanted', async () => {
  const one = await machine();
  await notePrepared(one, launch, one.tell);
  expect(JSON.parse(String(await one.files.read(preparedPath)))).toEqual(launch);
  expect(one.ran).toEqual(['systemctl start --no-block -- bootstrap-agent-watch.service']);
  expect(one.told).toEqual([]);
  await forgetPrepared(one.files);
  expect(await one.files.read(preparedPath)).toBeUndefined();
});

test('without a watch it is prepared all the same, and who reads the log knows what that means', async () => {
  const one = await machine({ exitCode: 5, stderr: 'Unit not found.\n' });
  await notePrepared(one, launch, one.tell);
  expect(await one.files.read(preparedPath)).toBeDefined();
  expect(one.told).toEqual([
    {
      type: 'warning',
      message:
        'nobody will notice when the group wants this node, unless it is powered on for that: bootstrap-agent-watch.service cannot be started: Unit not found.',
    },
  ]);
});

test('secrets and what is in memory for service are put away, and nothing else', async () => {
  const { files } = await machine();
  const step = (path: string) => ({ kind: 'file', id: `file:${path}`, path });
  const secrets = { kind: 'secret', id: 'secrets', secrets: [{ name: 'db' }] };
  const late = [secrets, step('/run/shop.env'), step('/etc/late')];
  const plan = {
    steps: [...late, step('/run/early')],
    activate: late.map(({ id }) => id),
  } as unknown as Plan;
  const paths = ['/run/bootstrap-agent/secrets/db', '/run/shop.env', '/etc/late', '/run/early'];
  for (const path of paths) await files.write(path, 'x');
  await putAway(plan, files);
  const left = await Promise.all(paths.map(async (path) => (await files.stat(path)) !== undefined));
  expect(left).toEqual([false, false, true, true]);
});

test('another boot is one of systemd, and one that fails is told', async () => {
  const good = await machine();
  expect(await bootsAgain(good, good.tell)).toBe(true);
  expect([good.ran, good.told]).toEqual([['systemctl restart -- bootstrap-agent.service'], []]);
  const bad = await machine({ exitCode: 1, stderr: 'Job failed.\n' });
  expect(await bootsAgain(bad, bad.tell)).toBe(false);
  const message =
    'this node was to be booted again, but bootstrap-agent.service failed: Job failed.';
  expect(bad.told).toEqual([{ type: 'warning', message }]);
});
