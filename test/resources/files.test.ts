import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directory } from '../../src/resources/directory.ts';
import { file } from '../../src/resources/file.ts';
import type { DirectoryStep, FileStep } from '../../src/resources/step.ts';
import { alone, Trial } from './trial.ts';

let trial: Trial;
beforeEach(async () => {
  trial = await Trial.on();
});
afterEach(() => trial.close());

const config: FileStep = {
  ...alone,
  kind: 'file',
  id: 'file:/etc/shop.conf',
  path: '/etc/shop/shop.conf',
  content: ['threads = 8\n'],
  owner: 'daemon',
  group: 'adm',
  mode: '0640',
};
const withSecret: FileStep = {
  ...config,
  content: ['url = ', { secret: 'db', field: 'password', encoding: 'url' }, '\n'],
};

describe('a file', () => {
  it('is made, and found unchanged afterwards', async () => {
    const drift = await trial.bring(file, config);
    expect(drift.differences).toEqual([{ aspect: 'content', wanted: 'threads = 8\n' }]);
    expect(await trial.machine.files.stat(config.path)).toMatchObject({
      owner: 'daemon',
      group: 'adm',
      mode: 0o640,
    });
  });

  it('is rewritten where its content differs, which is shown', async () => {
    await trial.machine.files.write(config.path, 'threads = 4\n', {
      owner: 'daemon',
      group: 'adm',
      mode: 0o644,
    });
    const drift = await trial.bring(file, config);
    expect(drift.differences).toEqual([
      { aspect: 'content', found: 'threads = 4\n', wanted: 'threads = 8\n' },
      { aspect: 'mode', found: '0644', wanted: '0640' },
    ]);
  });

  it('keeps its inode where only the owner differs', async () => {
    await trial.machine.files.write(config.path, 'threads = 8\n', { mode: 0o600 });
    const drift = await trial.bring(file, config);
    expect(drift.differences.map(({ aspect }) => aspect)).toEqual(['owner', 'group', 'mode']);
  });

  it('is not shown where not everybody may read it, or where it is no text', async () => {
    await trial.machine.files.write(config.path, 'hunter2', { mode: 0o600 });
    expect((await trial.check(file, config))?.differences[0]?.found).toMatch(/^another content/);
    await trial.machine.files.write(config.path, Buffer.from([0, 1]), {});
    expect((await trial.check(file, config))?.differences[0]?.found).toBe(
      'another content (not shown: 2 bytes, binary)',
    );
    await trial.machine.files.write(config.path, 'x'.repeat(300_000), {});
    expect((await trial.check(file, config))?.differences[0]?.found).toContain('300000 bytes');
  });

  it('takes the place of a symlink, whose target stays', async () => {
    await trial.machine.files.write('/etc/other', 'kept');
    await trial.machine.files.link(config.path, '/etc/other');
    const drift = await trial.bring(file, config);
    expect(drift.differences[0]).toEqual({
      aspect: 'type',
      found: 'symlink to /etc/other',
      wanted: 'file',
    });
    expect(await trial.read('/etc/other')).toBe('kept');
  });

  it('does not take the place of a directory', async () => {
    await trial.machine.files.makeDirectory(config.path);
    expect((await trial.failure(file, config)).message).toBe(
      'wanted a file at /etc/shop/shop.conf, found a directory: move it away, or correct the path in the role (here)',
    );
  });

  it('names an owner that is not there', async () => {
    const error = await trial.failure(file, { ...config, owner: 'tomcat' });
    expect(error.message).toMatch(/^there is no user tomcat on this machine: declare it/);
    expect(await trial.machine.files.stat(config.path)).toBeUndefined();
  });

  it('holds a secret that no drift shows, before or after', async () => {
    const before = await trial.check(file, withSecret);
    expect(before?.differences).toEqual([
      { aspect: 'content', wanted: 'url = «secret db.password»\n' },
    ]);
    expect((await trial.failure(file, withSecret)).message).toMatch(
      /^wanted the secrets \/run\/bootstrap-agent\/secrets\/db, found at least one missing/,
    );
    await trial.machine.files.write('/run/bootstrap-agent/secrets/db', '{"password":"p@ss word"}');
    await trial.bring(file, withSecret);
    expect(await trial.read(config.path)).toBe('url = p%40ss%20word\n');
    expect(trial.redactor.text('p@ss word, p%40ss%20word')).toBe('[redacted], [redacted]');
    await trial.machine.files.write(
      '/run/bootstrap-agent/secrets/db',
      '{"password":"another one"}',
    );
    const drift = await trial.check(file, withSecret);
    expect(drift?.differences[0]).toEqual({
      aspect: 'content',
      found: 'another content (not shown: the file holds secrets)',
      wanted: 'url = «secret db.password»\n',
    });
  });
});

describe('a directory', () => {
  const data: DirectoryStep = {
    ...alone,
    kind: 'directory',
    id: 'directory:/srv/data',
    path: '/srv/data',
    owner: 'daemon',
    group: 'daemon',
    mode: '0750',
  };

  it('is made with its parents', async () => {
    const drift = await trial.bring(directory, data);
    expect(drift.differences).toEqual([
      { aspect: 'state', wanted: 'directory daemon:daemon 0750' },
    ]);
    expect(await trial.machine.files.stat('/srv')).toMatchObject({ owner: 'root', mode: 0o755 });
  });

  it('is given to its owner, what lies in it left alone', async () => {
    await trial.machine.files.write('/srv/data/x', 'kept', { mode: 0o600 });
    const drift = await trial.bring(directory, data);
    expect(drift.differences.map(({ aspect }) => aspect)).toEqual(['owner', 'group', 'mode']);
    expect(await trial.machine.files.stat('/srv/data/x')).toMatchObject({
      owner: 'root',
      mode: 0o600,
    });
  });

  it('does not take the place of a file or a symlink', async () => {
    await trial.machine.files.link('/srv/data', '/elsewhere');
    expect((await trial.failure(directory, data)).message).toMatch(
      'wanted a directory at /srv/data, found a symlink to /elsewhere',
    );
    await trial.machine.files.remove('/srv/data');
    await trial.machine.files.write('/srv/data', '');
    expect((await trial.failure(directory, data)).message).toMatch('found a file');
  });
});
