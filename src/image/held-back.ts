/** The resource `service` in an image: units that the agent starts must not be started by systemd before it has done its work. */
import type { Host } from '../host/host.ts';
import { driftOf } from '../resources/owned.ts';
import { succeed } from '../resources/programs.ts';
import type { Difference, Resource } from '../resources/resource.ts';
import { isMasked, maskPath, maskTarget } from '../resources/service/mask-link.ts';
import {
  noteTriggers,
  type Trigger,
  triggersByName,
  unitFileStates,
} from '../resources/service/triggers.ts';
import type { ServiceStep } from '../resources/step.ts';

/**
 * A unit that a package brought and that no role enables is disabled, so that no target pulls it in, and masked, so that
 * neither a dependency nor the script of a package starts it. Likewise its socket, timer or path where enabled. The boot
 * takes the mask away from those that its class runs, and brings back what a note says of their sockets. Static units are systemd's own affair: nothing was enabled there.
 * `services`: all units that are services of a role.
 */
export function heldBack(services: ReadonlySet<string>): Resource<ServiceStep> {
  return {
    async check(step, { host }, { signal }) {
      if (step.enable) return undefined;
      const differences: Difference[] = [];
      for (const { unit, state: found } of await startable(step, host, services, signal)) {
        if (await isMasked(host.files, unit)) continue;
        const ours = (await host.files.stat(maskPath(unit)))?.type === 'file';
        // A unit file of somebody's in the place of the mask: disabling it is all that can be done.
        if (ours && found === 'disabled') continue;
        differences.push({ aspect: unit, found, wanted: ours ? 'disabled' : 'masked' });
      }
      return driftOf(differences);
    },

    async apply(step, { host, redactor }, { drift, signal }) {
      for (const { aspect: unit, found = '', wanted } of drift.differences) {
        if (unit !== step.unit) await noteTriggers(host.files, step.unit, [{ unit, state: found }]);
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
): Promise<Trigger[]> {
  const triggers = triggersByName(unit).filter((each) => !services.has(each));
  const found = await unitFileStates(host, [unit, ...triggers], signal);
  return found.filter(
    (one) => one.state === 'enabled' || (one.state === 'disabled' && one.unit === unit),
  );
}
