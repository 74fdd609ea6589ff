import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readManifest } from '../../src/releases/manifest.ts';

it('manifest.sh writes what the agent reads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifest-test-'));
  try {
    const contents = { 'shop.war': 'the application', 'a file.zip': '' };
    const paths = Object.entries(contents).map(([name, content]) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    });
    const argv = ['examples/manifest.sh', '1.4.2', ...paths];
    const { stdout, status } = spawnSync('/bin/sh', argv, { encoding: 'utf8' });
    expect(status).toBe(0);
    const files = readManifest(stdout, { bucket: 'b', key: 'shop/1.4.2/release.json' }, '1.4.2');
    for (const [name, content] of Object.entries(contents))
      expect(files.get(`s3://b/shop/1.4.2/${name}`)).toEqual({
        sha256: createHash('sha256').update(content).digest('hex'),
        size: content.length,
      });
    expect(spawnSync('/bin/sh', ['examples/manifest.sh', '1.4.2']).status).toBe(64);
    expect(spawnSync('/bin/sh', [...argv, join(folder, 'missing')]).status).not.toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
