/** The resource `service` in an image: units that the agent starts must not be started by systemd before it has done its work. */
import type { Host } from '../host/host.ts';
import { driftOf } from '../resources/owned.ts';
import { succeed } from '../resources/programs.ts';
import type { Difference, Resource } from '../resources/resource.ts';
import { isMasked, maskPath, maskTarget } from '../resources/service/mask-link.ts';
import type { ServiceStep } from '../resources/step.ts';

/**
 * A unit that a package brought and that no role enables is disabled, so that no target pulls it in, and masked, so that
 * neither a dependency nor the script of a package starts it. Likewise its socket, timer or path where enabled. The boot
 * takes the mask away from those that its class runs. Static units are systemd's own affair: nothing was enabled there.
 * `services`: all units that are services of a role.
 */
export function heldBack(services: ReadonlySet<string>): Resource<ServiceStep> {
  return {
    async check(step, { host }, { signal }) {
      if (step.enable) return undefined;
      const differences: Difference[] = [];
      for (const [unit, found] of await startable(step, host, services, signal)) {
        if (await isMasked(host.files, unit)) continue;
        const ours = (await host.files.stat(maskPath(unit)))?.type === 'file';
        // A unit file of somebody's in the place of the mask: disabling it is all that can be done.
        if (ours && found === 'disabled') continue;
        differences.push({ aspect: unit, found, wanted: ours ? 'disabled' : 'masked' });
      }
      return driftOf(differences);
    },

    async apply(_step, { host, redactor }, { drift, signal }) {
      for (const { aspect: unit, found, wanted } of drift.differences) {
        if (found !== 'disabled')
          await succeed(host, redactor, `disable ${unit}`, ['systemctl', 'disable', '--', unit], {
            signal,
          });
        if (wanted === 'masked') await host.files.link(maskPath(unit), maskTarget);
      }
    },
  };
}

/** Units by which systemd would start the service, with what it calls their state: `enabled`, `disabled`. */
async function startable(
  { unit }: ServiceStep,
  host: Host,
  services: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<[unit: string, state: string][]> {
  const stem = unit.replace(/\.service$/, '');
  const triggers = ['socket', 'timer', 'path'].map((type) => `${stem}.${type}`);
  const asked = [unit, ...triggers.filter((each) => stem !== unit && !services.has(each))];
  const words = ['list-unit-files', '--no-legend', '--no-pager', '--plain', '--', ...asked];
  // Exit code 1 of newer versions: it knows none of them.
  const { stdout } = await host.run(['systemctl', ...words], { ...(signal && { signal }) });
  return stdout.split('\n').flatMap((line): [string, string][] => {
    const [name = '', state = ''] = line.trim().split(/\s+/);
    const starts = state === 'enabled' || (state === 'disabled' && name === unit);
    return starts ? [[name, state]] : [];
  });
}
