/** Tool: a program that the packaging runs; one that is missing is named with the Debian package that has it. */
import { execa, type Options } from 'execa';

const debianPackages: Readonly<Record<string, string>> = {
  'dpkg-deb': 'dpkg',
  git: 'git',
  gzip: 'gzip',
  rpm: 'rpm',
  rpmbuild: 'rpm',
  tar: 'tar',
};

/** Runs it and gives what it printed. */
export async function run(
  program: string,
  args: readonly string[],
  options: Options = {},
): Promise<string> {
  const result = await execa(program, args, { reject: false, ...options });
  if (result.code === 'ENOENT') {
    const owner = debianPackages[program];
    throw new Error(
      `\`${program}\` is needed and was not found.${owner ? ` On Debian: apt-get install ${owner}` : ''}`,
    );
  }
  if (result.failed) {
    throw new Error(
      `\`${program} ${args.join(' ')}\` failed (${result.exitCode ?? result.signal}):\n${result.stderr || result.stdout}`,
    );
  }
  return String(result.stdout);
}
