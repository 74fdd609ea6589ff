import { expect, it } from 'vitest';
import { resources } from '../../src/resources/table.ts';

it('has a resource for every kind of step', () => {
  expect(Object.keys(resources)).toEqual([
    'artifact',
    'command',
    'directory',
    'file',
    'hold',
    'hostname',
    'kernel-module',
    'mask',
    'package',
    'secret',
    'service',
    'sysctl',
    'user',
  ]);
  for (const resource of Object.values(resources)) {
    expect(Object.keys(resource)).toEqual(expect.arrayContaining(['check', 'apply']));
  }
});
