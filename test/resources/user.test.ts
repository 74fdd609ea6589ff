import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StepError, UnavailableError } from '../../src/errors.ts';
import type { UserStep } from '../../src/resources/step.ts';
import { user } from '../../src/resources/user.ts';
import { alone, Trial } from './trial.ts';

let trial: Trial;
beforeEach(async () => {
  trial = await Trial.on({
    commands: [
      { match: 'useradd * broken', exit: 1, stderr: 'useradd: it broke\n' },
      {
        match: 'useradd * locked',
        exit: 1,
        stderr: 'useradd: cannot lock /etc/passwd; try again later.\n',
      },
    ],
  });
});
afterEach(() => trial.close());

const shop: UserStep = {
  ...alone,
  kind: 'user',
  id: 'user:shop',
  name: 'shop',
  system: true,
  groups: [],
  shell: '/usr/sbin/nologin',
};

describe('a user', () => {
  it('is added with a group of its own', async () => {
    const drift = await trial.bring(user, shop);
    expect(drift.differences).toEqual([{ aspect: 'account', wanted: 'system account' }]);
    expect(await trial.read('/etc/passwd')).toMatch(/^shop:x:\d+:\d+:.*:\/usr\/sbin\/nologin$/m);
    expect(await trial.read('/etc/group')).toMatch(/^shop:/m);
  });

  it('is added with everything asked for, missing groups included', async () => {
    await trial.bring(user, {
      ...shop,
      name: 'ops',
      system: false,
      uid: 4242,
      group: 'team',
      groups: ['adm', 'oncall'],
      home: '/srv/ops',
      shell: '/bin/bash',
    });
    expect(await trial.read('/etc/passwd')).toMatch(/^ops:x:4242:\d+::\/srv\/ops:\/bin\/bash$/m);
    expect(await trial.read('/etc/group')).toMatch(/^adm:x:4:ops$/m);
    expect(await trial.read('/etc/group')).toMatch(/^oncall:.*:ops$/m);
    expect(await trial.machine.files.stat('/srv/ops')).toMatchObject({
      owner: 'ops',
      group: 'team',
    });
  });

  it('is adjusted in what differs, and keeps the groups that others gave', async () => {
    await trial.bring(user, { ...shop, groups: ['adm'] });
    const drift = await trial.bring(user, {
      ...shop,
      uid: 777,
      group: 'daemon',
      groups: ['sudo', 'daemon'],
      home: '/srv/shop',
      shell: '/bin/sh',
    });
    expect(drift.differences.map(({ aspect }) => aspect)).toEqual([
      'uid',
      'group',
      'home',
      'shell',
      'groups',
    ]);
    expect(await trial.read('/etc/group')).toMatch(/^adm:x:4:shop$/m);
    expect(await trial.read('/etc/passwd')).toMatch(/^shop:x:777:1::\/srv\/shop:\/bin\/sh$/m);
  });

  it('one after the other, though many are wanted at once', async () => {
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.map(async (name) => {
        const step = { ...shop, name };
        await trial.apply(user, step, (await trial.check(user, step))!);
      }),
    );
    const passwd = await trial.read('/etc/passwd');
    for (const name of names) expect(passwd).toMatch(new RegExp(`^${name}:`, 'm'));
  });

  it('that cannot be added is told with what was said; a lock passes', async () => {
    const broken = await trial.failure(user, { ...shop, name: 'broken' });
    expect(broken).toBeInstanceOf(StepError);
    expect(broken.message).toBe('cannot add user broken: exit code 1:\n  useradd: it broke');
    expect(await trial.failure(user, { ...shop, name: 'locked' })).toBeInstanceOf(UnavailableError);
  });
});
