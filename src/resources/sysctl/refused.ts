/** Why the kernel refused a write below /proc/sys, and what to do about it. */
import { messageOf } from '../../errors.ts';
import { moduleBehind } from './key.ts';

/** What was to be written, and the permissions of the file it was to be written to. */
export interface Refused {
  readonly path: string;
  readonly wanted: string;
  readonly mode: number;
}

/**
 * The reason with its next step, from what the write threw. The kernel says EACCES where the file's mode lets nobody write
 * or the writer is not root, EPERM where a capability is missing or the key is locked (fs/proc/proc_sysctl.c), EINVAL where
 * the key's own handler does not take the value, ENOENT for the name of an algorithm that it does not have.
 */
export function whyRefused(error: unknown, refused: Refused): string {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
  const words: Readonly<Record<string, (refused: Refused) => string>> = {
    EACCES: noPermission,
    EPERM: () =>
      'operation not permitted (EPERM): some keys are locked once they are set, until the next start of the kernel, and some ask for a right that the agent was denied. Look at CapabilityBoundingSet= and User= in "systemctl cat bootstrap-agent" and for lockdown in "journalctl -k", or take the key out of the role',
    EINVAL: badValue,
    ERANGE: badValue,
    ENOENT: unknownName,
    EROFS: () =>
      '/proc/sys is mounted read-only (EROFS), as in a container or by ProtectKernelTunables= in the unit: look at "systemctl cat bootstrap-agent", or take the key out of the role',
  };
  return words[cause?.code ?? '']?.(refused) ?? messageOf(error);
}

function noPermission({ path, mode }: Refused): string {
  return (mode & 0o222) === 0
    ? `permission denied (EACCES): this kernel only shows ${path} and lets nobody set it. Take the key out of the role; what it shows may be settled on the kernel command line of the image, or by an option under kernel_modules`
    : `permission denied (EACCES): only root of the machine may write ${path}. Run the agent as its unit does, as root and in no container`;
}

function badValue(): string {
  return 'the value was refused (EINVAL): it is out of range, not of the form of the one found, or takes back what holds until the next start of the kernel. Correct it in the role; https://docs.kernel.org/admin-guide/sysctl/ has what each key takes';
}

function unknownName({ path, wanted }: Refused): string {
  const module = moduleBehind(path, wanted);
  return module === undefined
    ? `this kernel knows nothing named ${wanted} (ENOENT): correct the value in the role`
    : `this kernel knows nothing named ${wanted} (ENOENT): is its kernel module missing (${module})? Name it under kernel_modules in the role, or correct the value`;
}
