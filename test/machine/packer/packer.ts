/** Runs Debian's Packer in a folder of its own, without any network and with credentials that are none. */
import { spawnSync } from 'node:child_process';
import type { Ran } from '../machine.ts';

export const environment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  // It would ask its maker for news.
  CHECKPOINT_DISABLE: '1',
  AWS_ACCESS_KEY_ID: 'of-no-account',
  AWS_SECRET_ACCESS_KEY: 'of-no-account',
} as const;

export function packer(folder: string, ...words: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync('unshare', ['--net', 'packer', ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...environment, HOME: folder },
  });
  return { code: status ?? -1, stdout, stderr };
}

/** All that it said, without its line breaks: it breaks lines where they get long. */
export function said({ stdout, stderr }: Ran): string {
  return `${stdout}${stderr}`.replace(/\s+/g, ' ');
}
