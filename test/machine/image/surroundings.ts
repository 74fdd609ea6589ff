/** What lies above the image in every machine: the simulated AWS answers to AWS's own names, and this is whom to trust for that. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Fills `root` anew. */
export function surroundings(root: string, certificates: string): void {
  rmSync(root, { recursive: true, force: true });
  const folder = join(root, 'etc/bootstrap-agent');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'environment'), 'AWS_CA_BUNDLE=/etc/bootstrap-agent/ca.crt\n');
  copyFileSync(join(certificates, 'ca.crt'), join(folder, 'ca.crt'));
}
