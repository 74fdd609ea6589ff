/** The image that machines boot from: made by the very script that makes AMIs, and above it the agent as it stands in this tree. */
import { join } from 'node:path';
import { sh } from '../sh.ts';
import { agentPackage } from './agent-package.ts';
import { makeCertificates } from './certificates.ts';
import { debian } from './debian.ts';
import { forgetTheOld, workFolder } from './kept.ts';
import { provisionedImage } from './provisioned.ts';
import { surroundings } from './surroundings.ts';

export interface Image {
  /** Lower directories of an overlay, topmost first. */
  readonly layers: readonly string[];
  /** The one of them that is kept by content: what further layers of packages are put above (layer.ts). */
  readonly distribution: string;
  /** What a building instance has: a plain Debian, kept by content, and above it the agent, installed and not enabled. */
  readonly building: { readonly above: readonly string[]; readonly debian: string };
  /** Folder with ca.crt, server.crt and server.key of the simulated AWS. */
  readonly certificates: string;
  /** Where the machines of this run have their disks. */
  readonly folder: string;
}

/**
 * Builds what is not there yet: Debian, package and image once per content, the layer above them at every run. `exact`: an image
 * that was baked by the agent of this tree, not by an earlier one.
 */
export async function buildImage({ exact = false } = {}): Promise<Image> {
  const agent = await agentPackage();
  const provisioned = await provisionedImage(agent, exact);
  forgetTheOld();
  const folder = join(workFolder, `run-${process.pid}`);
  const certificates = join(folder, 'certificates');
  makeCertificates(certificates);
  const above = join(folder, 'above');
  surroundings(above, certificates);
  const files = join(folder, 'agent');
  sh('dpkg-deb', '--extract', agent.path, files);
  // Already in it where it was made with this very package.
  const newer = provisioned.agent === agent.digest ? [] : [files];
  return {
    layers: [above, ...newer, provisioned.root],
    distribution: provisioned.root,
    building: { above: [above, files], debian: await debian() },
    certificates,
    folder,
  };
}
