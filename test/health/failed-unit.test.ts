import { expect, test } from 'vitest';
import { failedUnit, lastWordsOfUnits } from '../../src/health/failed-unit.ts';
import type { ServiceStep, Step } from '../../src/resources/step.ts';
import { host } from './probes.ts';

function service(unit: string, state: ServiceStep['state'] = 'started'): ServiceStep {
  return {
    kind: 'service',
    id: `service:${unit}`,
    needs: [],
    from: `services.${unit}`,
    unit,
    enable: false,
    state,
    credentials: {},
    timeoutSeconds: 90,
  };
}

/** As `systemctl show` prints several units: blocks of properties, an empty line between two. */
function machine(units: Readonly<Record<string, string>>) {
  const asked: (readonly string[])[] = [];
  const blocks = Object.entries(units).map(
    ([unit, state]) => `Id=${unit}\nActiveState=${state}\nResult=exit-code\nExecMainStatus=3\n`,
  );
  const answering = host(async (argv) => {
    asked.push(argv);
    if (argv[0] === 'journalctl')
      return {
        exitCode: 0,
        stdout: `${argv[2]}: bind: address in use\n`,
        stderr: '',
        timedOut: false,
      };
    return { exitCode: 0, stdout: blocks.join('\n'), stderr: '', timedOut: false };
  });
  return { asked, answering };
}

test('a unit that failed is named with how it ended and its last words', async () => {
  const { answering } = machine({ 'db.service': 'active', 'shop.service': 'failed' });
  const question = failedUnit([service('db.service'), service('shop.service')], answering);
  expect(await question()).toBe(
    'shop.service has failed (exit-code, exit status 3)\nits journal says last:\n  shop.service: bind: address in use',
  );
});

test('units that run, or that systemd restarts, are waited for', async () => {
  const { answering } = machine({ 'db.service': 'active', 'shop.service': 'activating' });
  const steps = [service('db.service'), service('shop.service')];
  expect(await failedUnit(steps, answering)()).toBeUndefined();
});

test('one call asks for all units that are to run, and for no others', async () => {
  const { asked, answering } = machine({});
  const hostname: Step = {
    kind: 'hostname',
    id: 'hostname',
    needs: [],
    from: 'hostname',
    hostname: 'x',
  };
  const steps = [service('a.service'), service('off.service', 'stopped'), service('b.service')];
  await failedUnit([hostname, ...steps], answering)();
  expect(asked.map((argv) => argv.slice(-2))).toEqual([['a.service', 'b.service']]);
});

test('no units: nothing is asked', async () => {
  const { asked, answering } = machine({});
  expect(await failedUnit([service('off.service', 'stopped')], answering)()).toBeUndefined();
  expect(asked).toEqual([]);
});

test('the last words of all units that were started, each line with its unit, in one call', async () => {
  const { asked, answering } = machine({});
  const steps = [service('a.service'), service('off.service', 'stopped'), service('b.service')];
  expect(await lastWordsOfUnits(steps, answering)()).toMatch(
    /^the journals of its units say last:\n/,
  );
  expect(asked).toEqual([
    [
      ...['journalctl', '-u', 'a.service', '-u', 'b.service', '-n', '20', '--no-pager'],
      ...['-o', 'with-unit', '--no-hostname'],
    ],
  ]);
  expect(await lastWordsOfUnits([], answering)()).toBe('');
});
