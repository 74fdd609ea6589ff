/** The templates as Debian's Packer can read them: 1.6.6 has the amazon-ebs builder of its time compiled in, and neither plugins nor what that builder learnt since. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of the source block; everything else is checked by Packer as it ships. */
export const newerThanDebian = {
  attributes: [
    'ami_org_arns',
    'deprecate_at',
    'imds_support',
    'temporary_security_group_source_public_ip',
  ],
  blocks: ['metadata_options'],
} as const;

/** Copies packer/ to `to`, without plugins.pkr.hcl and without those. Throws when one of them is not there exactly once. */
export function templatesForDebian(to: string): void {
  cpSync('packer', to, { recursive: true });
  rmSync(join(to, 'plugins.pkr.hcl'));
  const path = join(to, 'sources.pkr.hcl');
  let text = readFileSync(path, 'utf8');
  for (const name of newerThanDebian.attributes)
    text = without(text, new RegExp(`^ {2}${name} += .*\n`, 'gm'), name);
  // A block ends with the first brace that stands as far to the left as its name.
  for (const name of newerThanDebian.blocks)
    text = without(text, new RegExp(`^ {2}${name} \\{\n(?: {4}.*\n)* {2}\\}\n`, 'gm'), name);
  writeFileSync(path, text);
}

function without(text: string, pattern: RegExp, name: string): string {
  const found = text.match(pattern)?.length ?? 0;
  if (found === 1) return text.replace(pattern, '');
  throw new Error(
    `packer/sources.pkr.hcl has ${name} ${found} times, not once on lines of its own`,
  );
}
