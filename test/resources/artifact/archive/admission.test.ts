import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../src/errors.ts';
import { Admission } from '../../../../src/resources/artifact/archive/admission.ts';
import { escapes } from '../../../../src/resources/artifact/archive/link-targets.ts';
import type { Member } from '../../../../src/resources/artifact/archive/member.ts';
import fc from '../../../random-examples.ts';

const plain: Member = { name: 'a', type: 'file', mode: 0o644, size: 0, modified: 0, link: '' };

function admit(members: readonly Partial<Member>[], rules: { strip?: number } = {}) {
  const admission = new Admission({ strip: 0, limits: { bytes: 100, files: 5 }, ...rules });
  const admitted = members.map((member) => admission.admit({ ...plain, ...member }));
  admission.finish();
  return admitted;
}

describe('refused', () => {
  const cases: Record<string, [readonly Partial<Member>[], RegExp]> = {
    'an absolute name': [[{ name: '/etc/passwd' }], /"\/etc\/passwd" is an absolute path/],
    'a name with ..': [[{ name: 'a/../../b' }], /contains ".."/],
    'only ..': [[{ name: '..' }], /contains ".."/],
    'an empty name': [[{ name: '' }], /empty or holds control characters/],
    'a name with NUL': [[{ name: 'a\0b' }], /control characters/],
    'a name with a line break': [[{ name: 'a\nb' }], /control characters/],
    setuid: [[{ mode: 0o4755 }], /setuid or setgid/],
    setgid: [[{ mode: 0o2755 }], /setuid or setgid/],
    'a block device': [[{ type: 'block device' }], /it is a block device/],
    'a character device': [[{ type: 'character device' }], /it is a character device/],
    'a fifo': [[{ type: 'fifo' }], /it is a fifo/],
    'a sparse file': [[{ type: 'sparse file' }], /it is a sparse file/],
    'an unknown type': [[{ type: 'unknown' }], /it is a unknown/],
    'an absolute link': [[{ type: 'symlink', link: '/etc' }], /it links to "\/etc"/],
    'an empty link': [[{ type: 'symlink', link: '' }], /its link target is ""/],
    'a link out of the tree': [[{ type: 'symlink', link: '../x' }], /outside of the tree/],
    'a link out of the tree through another': [
      [
        { name: 'a/b/up', type: 'symlink', link: '../..' },
        { name: 'a/b/out', type: 'symlink', link: 'up/../x' },
      ],
      /"a\/b\/out": it links to "up\/..\/x", which is outside/,
    ],
    'the same, in the other order': [
      [
        { name: 'a/b/out', type: 'symlink', link: 'up/../x' },
        { name: 'a/b/up', type: 'symlink', link: '../..' },
      ],
      /outside of the tree/,
    ],
    'a member below a symlink': [
      [{ name: 'd', type: 'symlink', link: 'e' }, { name: 'd/x' }],
      /it lies below "d", which is a symlink/,
    ],
    'a member below a file': [[{ name: 'd' }, { name: 'd/x' }], /below "d", which is a file/],
    'a directory in place of a symlink': [
      [
        { name: 'd', type: 'symlink', link: 'e' },
        { name: 'd', type: 'directory' },
      ],
      /a symlink of that name came before it/,
    ],
    'a symlink in place of a directory': [
      [{ name: 'd/x' }, { name: 'd', type: 'symlink', link: 'e' }],
      /a directory of that name came before it/,
    ],
    'a hard link out of the tree': [[{ type: 'hardlink', link: '../x' }], /contains ".."/],
    'a hard link to nothing': [[{ type: 'hardlink', link: 'x' }], /no file of this archive before/],
    'a hard link to a symlink': [
      [
        { name: 's', type: 'symlink', link: 'x' },
        { type: 'hardlink', link: 's' },
      ],
      /no file of this archive before/,
    ],
    'too many members': [
      Array.from({ length: 6 }, () => ({})),
      /more than 5 members \(max_files\)/,
    ],
    'too many bytes': [[{ size: 60 }, { name: 'b', size: 41 }], /"b".*more than 100 bytes/],
  };
  for (const [what, [members, message]] of Object.entries(cases)) {
    it(what, () => {
      expect(() => admit(members)).toThrow(ConfigError);
      expect(() => admit(members)).toThrow(message);
    });
  }
});

describe('admitted', () => {
  it('in its shortest form, with modes that keep the owner able and others unable to write', () => {
    expect(admit([{ name: './a//b/./c/', mode: 0o777 }])).toEqual([
      { type: 'file', path: 'a/b/c', mode: 0o755, size: 0, modified: 0 },
    ]);
    expect(admit([{ mode: 0o444 }])).toMatchObject([{ mode: 0o644 }]);
    expect(admit([{ type: 'directory', mode: 0o3555 }])).toMatchObject([{ mode: 0o755 }]);
  });

  it('without the stripped components, and not at all when nothing is left', () => {
    expect(
      admit(
        [
          { name: 'top', type: 'directory' },
          { name: 'top/a' },
          { name: 'top/b', type: 'hardlink', link: 'top/a' },
          { name: './', type: 'directory' },
        ],
        { strip: 1 },
      ),
    ).toEqual([
      undefined,
      expect.objectContaining({ path: 'a' }),
      { type: 'hardlink', path: 'b', existing: 'a' },
      undefined,
    ]);
  });

  it('links within the tree, in circles too, and names that only look dangerous', () => {
    const members: Partial<Member>[] = [
      { name: 'bin/tool', type: 'symlink', link: '../lib/tool' },
      { name: 'x', type: 'symlink', link: 'y' },
      { name: 'y', type: 'symlink', link: 'x' },
      { name: '..a/b..' },
      { name: '.hidden' },
    ];
    expect(admit(members)).toHaveLength(5);
  });

  it('later members in place of earlier ones, and judges the last link only', () => {
    expect(() =>
      admit([{ type: 'symlink', link: '../x' }, {}, { type: 'symlink', link: 'b' }]),
    ).not.toThrow();
    expect(admit([{}, { type: 'hardlink', link: 'a' }])).toEqual([expect.anything(), undefined]);
  });
});

describe('where links lead', () => {
  const part = fc.constantFrom('a', 'b', 'c', '..', '..', '.');
  const link = fc.tuple(
    fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 }),
    fc.array(part, { minLength: 1, maxLength: 5 }),
  );

  // The kernel is asked by realpath(3): Node's own realpathSync takes ".." behind a symlink off the text.
  it('is judged as the kernel would resolve it', () => {
    fc.assert(
      fc.property(fc.array(link, { minLength: 1, maxLength: 8 }), (links) => {
        const outside = realpathSync.native(mkdtempSync(join(tmpdir(), 'links-test-')));
        try {
          const root = join(outside, '1/2/3/4/5/6/7/8/root');
          mkdirSync(root, { recursive: true });
          const targets = new Map<string, string>();
          for (const [path, target] of links) {
            const real = join(root, ...path);
            try {
              mkdirSync(dirname(real), { recursive: true });
              if (realpathSync.native(dirname(real)) !== dirname(real)) continue;
              symlinkSync(target.join('/'), real);
              targets.set(path.join('/'), target.join('/'));
            } catch {
              // In the way of another one, or below one that leads nowhere.
            }
          }
          for (const path of targets.keys()) {
            let real: string;
            try {
              real = realpathSync.native(join(root, path));
            } catch {
              continue;
            }
            if (!`${real}/`.startsWith(`${root}/`)) expect(escapes(path, targets), path).toBe(true);
          }
        } finally {
          rmSync(outside, { recursive: true, force: true });
        }
      }),
      {
        numRuns: 200,
        examples: [
          [
            [
              [['a', 'b', 'a'], ['a']],
              [['c'], ['a', 'b']],
              [
                ['a', 'a'],
                ['..', 'c', '..', '..'],
              ],
            ],
          ],
        ],
      },
    );
  });
});
