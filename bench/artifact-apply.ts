/** One artifact step applied in a process of its own: what the artifact bench measures. Arguments: url, format, sha256, root, `cached`. */
import type http from 'node:http';
import type { ObjectStore } from '../src/aws/aws.ts';
import { rootedFiles } from '../src/host/files.ts';
import type { Host } from '../src/host/host.ts';
import { realOwnership } from '../src/host/ownership.ts';
import { Redactor } from '../src/redaction.ts';
import { artifact } from '../src/resources/artifact/artifact.ts';
import type { ArtifactStep } from '../src/resources/step.ts';

const [url = '', format = '', sha256 = '', root = '', cached] = process.argv.slice(2);
const objects: ObjectStore = {
  open: async () => {
    // As in the agent itself: an import of node:http in an ES module loads far more.
    const { get } = process.getBuiltinModule('node:http');
    const body = await new Promise<http.IncomingMessage>((resolve, reject) =>
      get(url, { highWaterMark: 1 << 18 } as http.RequestOptions, resolve).on('error', reject),
    );
    return { etag: '"bench"', size: Number(body.headers['content-length']), body };
  },
  read: () => Promise.reject(new Error('nothing to read')),
};
const step: ArtifactStep = {
  kind: 'artifact',
  id: 'artifact:bench',
  needs: [],
  from: 'artifacts.bench',
  source: { bucket: 'bench', key: 'tree' },
  sha256,
  as: 'tree',
  format: format as ArtifactStep['format'],
  path: '/srv/tree',
  keep: 1,
  strip: 0,
  limits: { bytes: 1e9, files: 1e5 },
  owner: 'root',
  group: 'root',
  mode: '0755',
};
const files = rootedFiles(root, { ownership: realOwnership(root) });
// Not waited for by the step, and tar does not do it either: it would disturb the next round.
files.settle = async () => undefined;
const cache = '/var/cache/bootstrap-agent';
if (cached !== undefined) await files.rename(`${cache}/prepared`, `${cache}/sha256/${sha256}`);
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
