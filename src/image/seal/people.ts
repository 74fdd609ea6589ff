/** What people leave behind who made the image: ways in, credentials, traces of what they did. */
import type { Files } from '../../host/host.ts';
import { type Cleaner, homesOf, removed, removingInHomes } from './cleaner.ts';
import { matching } from './matching.ts';
import type { Remnant } from './remnant.ts';

/** Tokens for a package registry; a file that only names one stays. */
const npmTokens: Cleaner = async (files) => {
  const paths = [...(await homesOf(files)).map((home) => `${home}/.npmrc`), '/etc/npmrc'];
  const remnants: Remnant[] = [];
  for (const path of paths)
    if (/_auth|_password/i.test(await textOf(files, path)))
      remnants.push(await removed(files, path, 'credentials for packages'));
  return remnants;
};

const settings = [
  '/etc/environment',
  '/etc/environment.d/*',
  '/etc/profile.d/*',
  '/etc/default/*',
  '/etc/sysconfig/*',
  '/etc/bootstrap-agent/environment',
];
const inHomes = ['.bashrc', '.bash_profile', '.profile', '.zshrc', '.zshenv', '.pam_environment'];
const awsKeys =
  /^\s*(export\s+|setenv\s+)?AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN)\b.*(\n|$)/gm;

/** The lines with keys of AWS go; what else the file says is meant for the image. */
const environmentKeys: Cleaner = async (files) => {
  const homes = (await homesOf(files)).flatMap((home) => inHomes.map((name) => `${home}/${name}`));
  const paths = await Promise.all([...settings, ...homes].map((each) => matching(files, each)));
  const remnants: Remnant[] = [];
  for (const path of paths.flat()) {
    const text = await textOf(files, path);
    const content = text.replace(awsKeys, '');
    if (content === text) continue;
    const mode = (await files.stat(path))?.mode ?? 0o644;
    remnants.push({
      path,
      what: 'credentials of AWS',
      bytes: Buffer.byteLength(text) - Buffer.byteLength(content),
      end: { kind: 'rewrite', content, mode },
    });
  }
  return remnants;
};

async function textOf(files: Files, path: string): Promise<string> {
  if ((await files.stat(path))?.type !== 'file') return '';
  return String((await files.read(path)) ?? '');
}

export const people: readonly Cleaner[] = [
  // Packer's temporary key is one of them. cloud-init puts the key pair of the launch there.
  removingInHomes('SSH keys of people', [
    '.ssh/authorized_keys*',
    '.ssh/known_hosts*',
    '.ssh/id_*',
    '.ssh/environment',
  ]),
  removingInHomes('credentials', [
    '.aws',
    '.azure',
    '.boto',
    '.cargo/credentials*',
    '.composer/auth.json',
    '.config/composer/auth.json',
    '.config/gcloud',
    '.config/gh',
    '.config/git/credentials',
    '.config/rclone',
    '.docker/config.json',
    '.gem/credentials',
    '.git-credentials',
    '.gnupg/private-keys-v1.d',
    '.gnupg/random_seed',
    '.kube',
    '.m2/settings-security.xml',
    '.my.cnf',
    '.netrc',
    '.pgpass',
    '.pypirc',
    '.s3cfg',
    '.snap/auth.json',
    '.terraform.d/credentials.tfrc.json',
    '.vault-token',
  ]),
  npmTokens,
  environmentKeys,
  removingInHomes('histories and other traces of people', [
    '.*_history',
    '.ansible',
    '.cache',
    '.histfile',
    '.lesshst',
    '.local/share/nano',
    '.sudo_as_admin_successful',
    '.vim/.netrwhist',
    '.viminfo',
    '.wget-hsts',
    '.zsh_sessions',
  ]),
];
