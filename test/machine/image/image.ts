/** The image that machines boot from: Debian 12 with what a bake installs, and above it the agent as it stands in this tree. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { installAgent } from './agent.ts';
import { makeCertificates } from './certificates.ts';
import { distribution } from './distribution.ts';

export interface Image {
  /** Lower directories of an overlay, topmost first. */
  readonly layers: readonly string[];
  /** The one of them without the agent, kept by content: what further layers of packages are put above (layer.ts). */
  readonly distribution: string;
  /** Folder with ca.crt, server.crt and server.key of the simulated AWS. */
  readonly certificates: string;
  /** Where the machines of this run have their disks. */
  readonly folder: string;
}

export const workFolder = '/var/tmp/bootstrap-agent-machines';

const keptForMs = 7 * 24 * 3600 * 1000;

/** Builds what is not there yet: the distribution once per content, the agent's layer at every run. */
export async function buildImage(): Promise<Image> {
  const recipe = readFileSync(join(import.meta.dirname, 'distribution.ts'));
  const hash = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
  const folder = join(workFolder, hash);
  if (!existsSync(folder)) {
    const building = `${folder}.building-${process.pid}`;
    rmSync(building, { recursive: true, force: true });
    mkdirSync(building, { recursive: true });
    console.log(`building the image ${folder}, once: some 40 s`);
    distribution(join(building, 'debian'));
    renameSync(building, folder);
  }
  utimesSync(folder, new Date(), new Date());
  forgetOldImages(folder);
  const run = join(workFolder, `run-${process.pid}`);
  const certificates = join(run, 'certificates');
  makeCertificates(certificates);
  const agent = join(run, 'agent');
  await installAgent(agent, certificates);
  const debian = join(folder, 'debian');
  return { layers: [agent, debian], distribution: debian, certificates, folder: run };
}

/** A developer's machine builds a new one at each change of the recipe. */
function forgetOldImages(current: string): void {
  for (const name of readdirSync(workFolder)) {
    const path = join(workFolder, name);
    const old = Date.now() - statSync(path).mtimeMs > keptForMs;
    if (/^[0-9a-f]{16}/.test(name) && path !== current && old)
      rmSync(path, { recursive: true, force: true });
  }
}
