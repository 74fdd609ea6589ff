/** What every implementation of the files port keeps: one suite, run against each. */
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StepError } from '../../src/errors.ts';
import { replace } from '../../src/host/durable.ts';
import { rootedFiles } from '../../src/host/files.ts';
import type { Files } from '../../src/host/host.ts';
import { temporaryPrefix } from '../../src/host/host.ts';
import type { OwnershipStrategy } from '../../src/host/ownership.ts';

export function filesContract(name: string, ownershipOf: (root: string) => OwnershipStrategy) {
  describe(`files with ${name} ownership`, () => {
    let base: string;
    let root: string;
    let files: Files;
    beforeEach(async () => {
      base = await mkdtemp(join(tmpdir(), 'files-'));
      root = join(base, 'machine');
      await mkdir(join(root, 'etc'), { recursive: true });
      await writeFile(
        join(root, 'etc/passwd'),
        'root:x:0:0::/root:/bin/sh\nshop:x:4321:4322::/:/bin/sh\n',
      );
      await writeFile(join(root, 'etc/group'), 'root:x:0:\nweb:x:4322:\n');
      files = rootedFiles(root, { ownership: ownershipOf(root) });
    });
    afterEach(() => rm(base, { recursive: true, force: true }));

    it('writes what is read back, with parents, owner and mode', async () => {
      await files.write('/etc/shop/app.conf', 'a = 1\n', {
        owner: 'shop',
        group: 'web',
        mode: 0o640,
      });
      expect((await files.read('/etc/shop/app.conf'))?.toString()).toBe('a = 1\n');
      expect(await files.stat('/etc/shop/app.conf')).toMatchObject({
        type: 'file',
        size: 6,
        owner: 'shop',
        group: 'web',
        mode: 0o640,
      });
      expect(await files.stat('/etc/shop')).toMatchObject({
        type: 'directory',
        owner: 'root',
        group: 'root',
        mode: 0o755,
      });
    });

    it('is root 0644 where nothing is asked for, and forgets the owner that was', async () => {
      await files.write('/a', 'x', { owner: 'shop', mode: 0o600 });
      await files.write('/a', 'y');
      expect(await files.stat('/a')).toMatchObject({ owner: 'root', group: 'root', mode: 0o644 });
    });

    it('replaces a symlink by the file and leaves alone what it pointed to', async () => {
      await files.write('/target', 'old');
      await files.link('/name', '/target');
      await files.write('/name', 'new');
      expect((await files.read('/target'))?.toString()).toBe('old');
      expect((await files.stat('/name'))?.type).toBe('file');
    });

    it('leaves no temporary file after a failure', async () => {
      await files.makeDirectory('/etc/taken');
      await files.write('/etc/taken/x', '');
      await expect(files.write('/etc/taken', 'text')).rejects.toThrow(
        /^cannot write \/etc\/taken: it is a directory$/,
      );
      await expect(files.write('/etc/a', 'x', { owner: 'nobody-here' })).rejects.toThrow(
        /there is no user nobody-here on this machine/,
      );
      await expect(files.write('/etc/a', 'x', { group: 'no-group' })).rejects.toThrow(
        /no group no-group/,
      );
      const names = await readdir(join(root, 'etc'));
      expect(names.filter((each) => each.startsWith(temporaryPrefix))).toEqual([]);
      expect(await files.stat('/etc/a')).toBeUndefined();
    });

    it('sweeps away what a killed writer left', async () => {
      await files.write('/etc/b', '1');
      // The name under which `write` would leave a torn file when the process dies before the rename.
      const seen: string[] = [];
      await replace(join(root, 'etc/b'), async (temporary) => {
        seen.push(temporary);
        await writeFile(temporary, '2');
      });
      await writeFile(seen[0]!, 'torn');
      await files.write('/etc/b', '3');
      expect(await readdir(join(root, 'etc'))).toEqual(['b', 'group', 'passwd']);
      expect((await files.read('/etc/b'))?.toString()).toBe('3');
    });

    it('writes one path from many sides at once without mixing them', async () => {
      const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(5000));
      await Promise.all(texts.map((text) => files.write('/shared', text)));
      expect(texts.includes(String(await files.read('/shared')))).toBe(true);
    });

    it('says nothing is there where nothing is', async () => {
      expect(await files.read('/none')).toBeUndefined();
      expect(await files.read('/etc/passwd/none')).toBeUndefined();
      expect(await files.stat('/none')).toBeUndefined();
      expect(await files.list('/none')).toEqual([]);
      await files.remove('/none');
    });

    it('lists sorted, removes trees, renames with their owners', async () => {
      await files.write('/t/b', '', { owner: 'shop' });
      await files.write('/t/a', '');
      expect(await files.list('/t')).toEqual(['a', 'b']);
      await files.rename('/t', '/u');
      expect((await files.stat('/u/b'))?.owner).toBe('shop');
      expect(await files.stat('/t')).toBeUndefined();
      await files.remove('/u');
      expect(await files.list('/u')).toEqual([]);
      await files.write('/u/b', '');
      expect((await files.stat('/u/b'))?.owner).toBe('root');
    });

    it('makes directories, and changes the ones that are there only when asked to', async () => {
      await files.makeDirectory('/d', { owner: 'shop', mode: 0o700 });
      await files.makeDirectory('/d');
      expect(await files.stat('/d')).toMatchObject({ owner: 'shop', mode: 0o700 });
      await files.makeDirectory('/d', { mode: 0o711 });
      expect(await files.stat('/d')).toMatchObject({ owner: 'root', mode: 0o711 });
      await expect(files.makeDirectory('/etc/passwd')).rejects.toThrow(
        'cannot create directory /etc/passwd: a part of the path is a file, not a directory; namei -l with the path shows which',
      );
    });

    it('gives files and symlinks to others', async () => {
      await files.write('/f', '');
      await files.link('/l', 'f');
      await files.setOwnership('/f', { owner: 'shop', group: 'web', mode: 0o600 });
      await files.setOwnership('/l', { owner: 'shop' });
      expect(await files.stat('/f')).toMatchObject({ owner: 'shop', group: 'web', mode: 0o600 });
      expect(await files.stat('/l')).toMatchObject({ type: 'symlink', owner: 'shop', target: 'f' });
      await files.setOwnership('/d', {}).then(
        () => expect.unreachable(),
        (error) => expect(error.message).toMatch('cannot change the owner of /d: no such file'),
      );
    });

    it('switches a symlink, and refuses to in place of something else', async () => {
      await files.link('/current', 'one');
      await files.link('/current', 'two');
      expect(await files.stat('/current')).toMatchObject({ type: 'symlink', target: 'two' });
      await files.makeDirectory('/real');
      await expect(files.link('/real', 'x')).rejects.toThrow('a directory is in its place');
    });

    it('pokes into what exists and creates nothing', async () => {
      await files.write('/proc/sys/kernel/x', '12345');
      await files.poke('/proc/sys/kernel/x', '7');
      expect((await files.read('/proc/sys/kernel/x'))?.toString()).toBe('7');
      await expect(files.poke('/proc/sys/kernel/y', '7')).rejects.toThrow(
        'cannot write /proc/sys/kernel/y: no such file or directory',
      );
      expect(await files.stat('/proc/sys/kernel/y')).toBeUndefined();
    });

    it('copies with an owner of its own', async () => {
      await files.write('/from', 'bytes', { owner: 'shop', mode: 0o600 });
      await files.copy('/from', '/deep/to', { mode: 0o444 });
      expect((await files.read('/deep/to'))?.toString()).toBe('bytes');
      expect(await files.stat('/deep/to')).toMatchObject({ owner: 'root', mode: 0o444 });
      await expect(files.copy('/none', '/to')).rejects.toThrow(StepError);
    });

    it('appends to a log after cutting off a torn line', async () => {
      const log = await files.openLog('/var/log/journal');
      log.append('{"a":1}');
      log.append('{"b":2}');
      await Promise.all([log.flushed(), log.flushed()]);
      await log.close();
      await writeFile(join(root, 'var/log/journal'), '{"c":', { flag: 'a' });
      const again = await files.openLog('/var/log/journal');
      again.append('{"d":4}');
      await again.close();
      expect((await files.read('/var/log/journal'))?.toString()).toBe(
        '{"a":1}\n{"b":2}\n{"d":4}\n',
      );
      expect((await lstat(join(root, 'var/log/journal'))).mode & 0o777).toBe(0o600);
    });

    it('cuts a log that is one torn line, however long, down to nothing', async () => {
      await files.write('/log', 'x'.repeat(200_000));
      await (await files.openLog('/log')).close();
      expect((await files.stat('/log'))?.size).toBe(0);
    });

    it('fills a sink by position and reads it in blocks', async () => {
      const sink = await files.openSink('/cache/x');
      sink.write(Buffer.from('world'), 6);
      sink.write(Buffer.from('hello '), 0);
      await sink.close({ durable: true });
      const read: Buffer[] = [];
      for await (const block of files.blocks('/cache/x')) read.push(Buffer.from(block));
      expect(Buffer.concat(read).toString()).toBe('hello world');
      const missing = async () => {
        for await (const _ of files.blocks('/cache/none')) expect.unreachable();
      };
      await expect(missing()).rejects.toThrow('cannot read /cache/none: no such file');
    });

    it('writes a tree that belongs to its owner', async () => {
      const tree = await files.openTree('/srv/app');
      tree.directory('lib', 0o755);
      tree.file('lib/a.txt', 0o644, 2);
      tree.write(Buffer.from('ok'));
      tree.symlink('current', 'lib');
      await tree.finish({ owner: 'shop', group: 'web' });
      expect((await files.read('/srv/app/current/a.txt'))?.toString()).toBe('ok');
      expect(await files.stat('/srv/app/lib/a.txt')).toMatchObject({ owner: 'shop', group: 'web' });
    });

    it('tells of free bytes even where nothing is yet', async () => {
      expect(await files.freeBytes('/not/there/yet')).toBeGreaterThan(0);
    });

    it('follows symlinks inside the root only', async () => {
      await writeFile(join(base, 'outside'), 'outside');
      await symlink('/etc', join(root, 'absolute'));
      await symlink('../../../../..', join(root, 'etc/up'));
      await symlink(join(base, 'outside'), join(root, 'escape'));
      await symlink('circle', join(root, 'circle'));
      expect((await files.read('/absolute/group'))?.toString()).toContain('web');
      expect((await files.read('/etc/up/etc/group'))?.toString()).toContain('web');
      expect((await files.read('/../../../etc/group'))?.toString()).toContain('web');
      expect(await files.read('/escape')).toBeUndefined();
      await expect(files.read('/circle')).rejects.toThrow('too many symlinks on the way');
      await expect(files.read('relative')).rejects.toThrow('"relative" is not an absolute path');
      for (const root of ['/', '//', '/absolute/..']) {
        await expect(files.remove(root)).rejects.toThrow('it is the root');
      }
      expect(await readFile(join(base, 'outside'), 'utf8')).toBe('outside');
    });
  });
}
