/** Sealing: only an image whose nodes would boot is made clean. */
import { ConfigError, StepError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Host } from '../host/host.ts';
import { startFaults } from '../image/readiness.ts';
import { hostKeysUnit, needsHostKeys } from '../image/seal/host-keys.ts';
import type { Sealed } from '../image/seal/remnant.ts';
import { seal } from '../image/seal/seal.ts';
import { planFaults } from '../plan/check-role.ts';
import { faultLine } from '../roles/fault.ts';
import { validateRoles } from '../roles/validate.ts';
import { configIn } from './river.ts';
import type { Surroundings } from './surroundings.ts';

/** Throws ConfigError with everything that would keep a node from booting, before anything is removed. */
export async function sealImage(
  surroundings: Surroundings,
  tell: Tell,
  signal: AbortSignal,
): Promise<Sealed> {
  const { host } = surroundings;
  const faults = [...(await startFaults(host)), ...(await configurationFaults(surroundings))];
  if (faults.length > 0)
    throw new ConfigError('This image is not sealed, since agent boot would fail on its nodes', {
      faults,
    });
  signal.throwIfAborted();
  await bringHostKeysBack(host);
  return seal(host, tell, signal);
}

async function configurationFaults({ baked }: Surroundings): Promise<readonly string[]> {
  try {
    const found = await baked();
    const { roles: sources, templates, unusableTemplates } = found;
    const config = configIn(found);
    const roles = { sources, templates, unusableTemplates };
    const inRoles = validateRoles({ ...roles, extraCheck: planFaults })
      .filter(({ severity }) => severity === 'fault')
      .map(faultLine);
    const known = sources.map(({ name }) => name);
    if (config.class === undefined || known.includes(config.class)) return inRoles;
    const unknown = `${found.agentConfig?.source}: class: there is no role for "${config.class}"; there are ${known.join(', ')}`;
    return [unknown, ...inRoles];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.length > 0 ? error.faults : [error.message];
  }
}

async function bringHostKeysBack(host: Host): Promise<void> {
  if (!(await needsHostKeys(host))) return;
  const { exitCode, stderr } = await host.run(['systemctl', 'enable', hostKeysUnit]);
  if (exitCode !== 0) throw new StepError(`cannot enable ${hostKeysUnit}: ${stderr.trim()}`);
}
