/**
 * One artifact step applied in a process of its own, by the agent's own client of S3: what the artifact bench measures. Arguments: the
 * server, bucket, key, format (`file`: not unpacked), sha256, root, and `cached` where the object is at hand. What the step alone
 * took, after Node and the client of S3 were loaded as they are in a boot by then, goes into `cost` below the root.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAws } from '../src/aws/connect.ts';
import { systemClock } from '../src/clock.ts';
import { rootedFiles } from '../src/host/files.ts';
import type { Host } from '../src/host/host.ts';
import { realOwnership } from '../src/host/ownership.ts';
import { Redactor } from '../src/redaction.ts';
import { artifact } from '../src/resources/artifact/artifact.ts';
import type { ArtifactStep } from '../src/resources/step.ts';

const [url = '', bucket = '', key = '', format = '', sha256 = '', root = '', cached] =
  process.argv.slice(2);
const { objects, close } = connectAws({
  region: 'eu-west-1',
  env: { AWS_ENDPOINT_URL: url },
  credentials: async () => ({ accessKeyId: 'AKIABENCH', secretAccessKey: 'bench' }),
  clock: systemClock,
  tell: () => undefined,
});
const step: ArtifactStep = {
  kind: 'artifact',
  id: 'artifact:bench',
  needs: [],
  from: 'artifacts.bench',
  source: { bucket, key },
  sha256,
  ...(format === 'file'
    ? { as: 'file', format: 'plain', path: '/srv/object' }
    : { as: 'tree', format: format as ArtifactStep['format'], path: '/srv/tree' }),
  keep: 1,
  strip: 0,
  limits: { bytes: 1e10, files: 1e6 },
  owner: 'root',
  group: 'root',
  mode: '0755',
};
const files = rootedFiles(root, { ownership: realOwnership(root) });
// Not waited for by the step, and tar does not do it either: it would disturb the next round.
files.settle = async () => undefined;
const cache = '/var/cache/bootstrap-agent';
if (cached !== undefined) await files.rename(`${cache}/prepared`, `${cache}/sha256/${sha256}`);
// As the release's pointer was read before.
else await objects.read({ bucket: 'free', key: 'synthetic-6' }, { limit: 100 });
const begun = performance.now();
const before = process.cpuUsage();
await artifact.apply(
  step,
  {
    host: { files } as Host,
    objects,
    secrets: { read: () => Promise.reject(new Error('no secrets')) },
    redactor: new Redactor(),
  },
  {
    drift: { differences: [{ aspect: 'release', wanted: sha256 }] },
    stale: false,
    signal: new AbortController().signal,
    progress: () => undefined,
    afterwards: () => undefined,
  },
);
const { user, system } = process.cpuUsage(before);
const cost = { wall: performance.now() - begun, cpu: (user + system) / 1000 };
writeFileSync(join(root, 'cost'), JSON.stringify(cost));
close();
