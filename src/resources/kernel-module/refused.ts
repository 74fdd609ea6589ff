/** Why modprobe could not load a module, and what to do about it. */
import { StepError } from '../../errors.ts';
import type { Files, Finished } from '../../host/host.ts';

/** Each with the words of strerror(3) that modprobe(8) repeats. */
const advice: readonly [said: RegExp, next: string][] = [
  [
    /Invalid argument|unknown parameter|Unknown symbol/,
    'The module does not take its options, or misses another one: "journalctl -k" says which; correct kernel_modules in the role.',
  ],
  [
    /Operation not permitted|Permission denied|Key was rejected|Required key/,
    'The kernel lets nobody load it: kernel.modules_disabled is 1, Secure Boot or lockdown wants a signature that it does not have, or the agent is not root of the machine. "journalctl -k" says which; sign it or load it in the image, or take it out of kernel_modules in the role.',
  ],
  [
    /No such device/,
    'It drives a device that this instance does not have: name it under overrides in the role, for the instance types that do, or take it out of kernel_modules in the role.',
  ],
  [
    /Exec format error/,
    'It was built for another kernel: build it in the image for the one that runs (uname -r), or take it out of kernel_modules in the role.',
  ],
];

/** One or two sentences on what modprobe said and ended with. */
export async function whyNotLoaded(files: Files, { stdout, stderr }: Finished): Promise<string> {
  const said = `${stdout}\n${stderr}`;
  const folder = /not found in directory (\S+)/.exec(said)?.[1];
  if (folder !== undefined) return notFound(files, folder);
  const known = advice.find(([words]) => words.test(said))?.[1];
  return known ?? '"journalctl -k" may say more; correct kernel_modules in the role.';
}

async function notFound(files: Files, folder: string): Promise<string> {
  // The package of a kernel takes its modules along when it is upgraded or removed; the old kernel runs on.
  return (await files.stat(folder)) === undefined
    ? `${folder} is not there: the modules of the running kernel are not installed. Install its package in the image, or start the kernel whose modules are.`
    : 'The running kernel has none of this name. Correct kernel_modules in the role, or put the package that brings it into the image: the extra modules on Amazon Linux, the full kernel in place of the cloud one on Debian.';
}

/** What a run of modprobe threw, told with the module and with what brings the program. */
export function notRun(error: unknown, name: string): unknown {
  if (!(error instanceof StepError)) return error;
  const next =
    (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
      ? '. It is in the package kmod: put that into the image, or take kernel_modules out of the role'
      : '';
  return new StepError(`cannot load kernel module ${name}: ${error.message}${next}`, {
    cause: error.cause,
  });
}
