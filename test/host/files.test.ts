import { cpSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StepError } from '../../src/errors.ts';
import { bytesFree, errorsInWords, fileError } from '../../src/host/file-errors.ts';
import { rootedFiles } from '../../src/host/files.ts';
import {
  type OwnershipStrategy,
  realOwnership,
  recordedOwnership,
} from '../../src/host/ownership.ts';
import { withinRoot } from '../../src/host/within-root.ts';
import fc from '../random-examples.ts';
import { filesContract } from './files-contract.ts';

filesContract('recorded', (root) => recordedOwnership(root));
if (process.getuid?.() === 0) filesContract('real', (root) => realOwnership(root));
else
  describe.skip('files with real ownership: SKIPPED, changing owners needs root rights', () => {});

describe('recorded ownership', () => {
  it('is known to the next process, a torn last line notwithstanding', async () => {
    const base = await mkdtemp(join(tmpdir(), 'recorded-'));
    const root = join(base, 'machine');
    await mkdir(root);
    const files = rootedFiles(root, { ownership: recordedOwnership(root) });
    await files.write('/etc/passwd', 'shop:x:1:1::/:/bin/sh\n');
    await files.write('/etc/group', 'web:x:1:\n');
    await files.write('/a', '', { owner: 'shop', group: 'web', mode: 0o400 });
    await files.makeDirectory('/old', { mode: 0o700 });
    await files.remove('/old');
    const ledger = `${root}.ownership`;
    cpSync(ledger, `${ledger}.torn`);
    const { appendFileSync } = await import('node:fs');
    appendFileSync(`${ledger}.torn`, '{"give":');
    for (const each of [ledger, `${ledger}.torn`]) {
      const again = rootedFiles(root, { ownership: recordedOwnership(root, each) });
      expect(await again.stat('/a')).toMatchObject({ owner: 'shop', group: 'web', mode: 0o400 });
    }
    expect(readFileSync(ledger, 'utf8')).toContain('"remove"');
    await rm(base, { recursive: true });
  });
});

describe('real ownership', () => {
  it.skipIf(process.getuid?.() !== 0)('is given to no file that a symlink leads to', async () => {
    const base = await mkdtemp(join(tmpdir(), 'swapped-'));
    const root = join(base, 'machine');
    const victim = join(base, 'victim');
    writeFileSync(victim, 'secret', { mode: 0o600 });
    const owners = realOwnership(root);
    // Whoever owns the directory can put a symlink in the place of the file that is being made.
    const give: OwnershipStrategy['give'] = (real, ...rest) => {
      rmSync(real);
      symlinkSync(victim, real);
      owners.give(real, ...rest);
    };
    const files = rootedFiles(root, { ownership: { ...owners, give } });
    await expect(files.write('/a', 'text', { mode: 0o666 })).rejects.toThrow(StepError);
    expect(statSync(victim).mode & 0o777).toBe(0o600);
    await rm(base, { recursive: true });
  });
});

describe('errors of the file system', () => {
  const coded = (code: string) => Object.assign(new Error(`${code}: raw text`), { code });

  it.each([
    [
      'ENOSPC',
      /^cannot write \/x: no space left on the file system that holds it: \d+ bytes free; clear it, or give the instance a larger volume/,
    ],
    ['EDQUOT', /^cannot write \/x: disk quota used up on the file system that holds it/],
    ['EROFS', /^cannot write \/x: the file system is read-only; findmnt tells/],
    ['EACCES', /^cannot write \/x: permission denied$/],
    ['ENOTDIR', /a part of the path is a file/],
    ['EWEIRD', /^cannot write \/x: EWEIRD: raw text$/],
  ])('%s is told in words', (code, words) => {
    const error = fileError(coded(code), 'write', '/x', '/');
    expect(error).toBeInstanceOf(StepError);
    expect(error.message).toMatch(words);
    expect((error.cause as NodeJS.ErrnoException).code).toBe(code);
  });

  it('say how much was to be written where that is known', () => {
    expect(fileError(coded('ENOSPC'), 'write', '/x', '/', 200).message).toMatch(
      /^cannot write \/x \(200 bytes\): no space left on the file system that holds it: \d+ bytes free; clear it, or give the instance a larger volume/,
    );
  });

  it('leaves a bug a bug', () => {
    const bug = new TypeError('x is not a function');
    expect(fileError(bug, 'write', '/x', '/')).toBe(bug);
  });

  it('reach the user of what was opened, thrown or rejected', async () => {
    const opened = errorsInWords(
      {
        size: 3,
        write: (): number => {
          throw coded('ENOSPC');
        },
        close: () => Promise.reject(coded('EIO')),
        fine: () => Promise.resolve(1),
      },
      '/x',
      '/',
    );
    expect(opened.size).toBe(3);
    expect(() => opened.write()).toThrow(/no space left/);
    await expect(opened.close()).rejects.toThrow('cannot write /x: the disk reported');
    expect(await opened.fine()).toBe(1);
  });

  it('counts free bytes at the nearest parent', () => {
    expect(bytesFree('/not/there')).toBe(bytesFree('/not'));
  });
});

describe('a log on a full disk', () => {
  // /dev/full takes nothing, as full(4) says.
  it('says so and can be closed', async () => {
    const { AppendedLog } = await import('../../src/host/log.ts');
    const { open } = await import('node:fs/promises');
    const log = new AppendedLog(await open('/dev/full', 'w'));
    expect(() => log.append('line')).toThrow(/ENOSPC/);
    // fdatasync(2) of a device that has nothing to sync is EINVAL: the handle is closed all the same.
    await expect(log.close()).rejects.toThrow(/EINVAL/);
    await expect(log.close()).rejects.toThrow(/EBADF|closed/);
  });
});

describe('a path below a root', () => {
  it('never leads out of it', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const part = fc.oneof(name, fc.constantFrom('..', '.', '', 'd'));
    const path = fc.array(part, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`);
    const target = fc
      .tuple(fc.boolean(), path)
      .map(([absolute, to]) => (absolute ? to : to.slice(1) || '.'));
    const links = fc.array(
      fc.record({ at: fc.array(name, { minLength: 1, maxLength: 3 }), to: target }),
      {
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        links,
        path,
        fc.constantFrom('follow', 'keep'),
        async (made, asked, last) => {
          const base = await realpath(await mkdtemp(join(tmpdir(), 'rooted-')));
          const root = join(base, 'machine');
          await mkdir(root);
          try {
            for (const { at, to } of made) {
              const place = join(root, ...at);
              // Where a symlink is on the way already, this link would be made elsewhere: not wanted here.
              await mkdir(dirname(place), { recursive: true }).catch(() => undefined);
              const parent = await realpath(dirname(place)).catch(() => '/');
              if (parent.startsWith(root)) await symlink(to, place).catch(() => undefined);
            }
            const real = await withinRoot(root, asked, last as 'follow' | 'keep').catch((error) => {
              expect(error.message).toMatch(/too many symlinks/);
              return root;
            });
            expect(real === root || real.startsWith(`${root}/`)).toBe(true);
            // No component that is left is a symlink the kernel would follow out of the root.
            const above = real === root ? root : dirname(real);
            for (let at = above; at.length > root.length; at = dirname(at)) {
              expect(await readlink(at).catch(() => 'not a link')).toBe('not a link');
            }
            if (last === 'follow')
              expect(await readlink(real).catch(() => 'not a link')).toBe('not a link');
          } finally {
            await rm(base, { recursive: true, force: true });
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
