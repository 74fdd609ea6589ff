import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { flagsOfTheUnit } from '../../bench/watch-at-rest.ts';

test('Node takes the flags of the shipped unit, and says nothing about them', () => {
  const flags = flagsOfTheUnit();
  expect(flags).toContain('--lite-mode');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, '--print', 'process.execArgv.join(" ")'],
    { encoding: 'utf8', env: {} },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain(flags.join(' '));
});

test('flags are what is between Node and the program', () => {
  const start = 'ExecStart=/opt/bootstrap-agent/bin/node';
  const program = '/opt/bootstrap-agent/dist/watch.cjs';
  expect(flagsOfTheUnit(`[Service]\n${start} --a --b=1 ${program}\n`)).toEqual(['--a', '--b=1']);
  expect(flagsOfTheUnit(`${start} ${program}`)).toEqual([]);
  expect(() => flagsOfTheUnit('ExecStart=/bin/true')).toThrow('bootstrap-agent-watch.service');
});
