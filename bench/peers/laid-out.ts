/** The release as a bake leaves it in the image: the object in the cache, and its tree laid out beside where it will be. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { rootedFiles } from '../../src/host/files.ts';
import type { Host } from '../../src/host/host.ts';
import { realOwnership } from '../../src/host/ownership.ts';
import { imageResources } from '../../src/image/image-resources.ts';
import { Redactor } from '../../src/redaction.ts';
import { cachePath } from '../../src/resources/artifact/cache.ts';
import type { ArtifactStep } from '../../src/resources/step.ts';
import type { Release } from './release.ts';

/** Into the file system of a machine that is off, by the code of a bake. */
export async function layOutIn(root: string, release: Release): Promise<void> {
  const step: ArtifactStep = {
    kind: 'artifact',
    id: 'artifact:release',
    needs: [],
    from: 'artifacts.release',
    source: { bucket: 'acme-releases-eu-west-1', key: 'shop/release.tar.zst' },
    sha256: release.zst,
    as: 'tree',
    format: 'tar.zst',
    path: '/srv/release',
    keep: 3,
    strip: 0,
    limits: { bytes: 1e9, files: 1e5 },
    owner: 'root',
    group: 'root',
    mode: '0755',
  };
  const object = join(root, cachePath(step.sha256));
  mkdirSync(join(object, '..'), { recursive: true });
  cpSync(join(release.folder, 'release.tar.zst'), object);
  const refuse = () => Promise.reject(new Error('a bake of this bench asks nobody'));
  const { artifact } = imageResources([step]);
  const world = {
    host: { files: rootedFiles(root, { ownership: realOwnership(root) }) } as Host,
    objects: { open: refuse, read: refuse },
    secrets: { read: refuse },
    redactor: new Redactor(),
  };
  const drift = await artifact.check(step, world, { stale: false });
  if (drift === undefined) return;
  const progress = () => undefined;
  const signal = new AbortController().signal;
  await artifact.apply(step, world, {
    drift,
    stale: false,
    signal,
    progress,
    afterwards: progress,
  });
}
