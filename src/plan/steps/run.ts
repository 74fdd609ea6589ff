/** Steps that run something: commands and services. */
import type { CommandStep, ServiceStep } from '../../resources/step.ts';
import type { FilledRole } from '../../roles/filled-role.ts';
import type { Faults } from '../faults.ts';
import { secretsIn } from '../text.ts';
import { plainPath } from './path.ts';
import { isUnitName, unitName } from './unit-name.ts';

/** A command without a guard would run again at every boot, and a second apply could never change nothing. */
export function commandSteps({ document }: FilledRole, faults: Faults): CommandStep[] {
  return Object.entries(document.commands).map(([name, command]) => {
    const from = `commands.${name}`;
    if ((command.creates ?? command.unless ?? command.once) === undefined)
      faults.add(
        from,
        'has no guard: say by "creates: /path", "unless: command" or "once: instance" when it is already done',
      );
    const creates =
      command.creates === undefined
        ? undefined
        : faults.attempt(`${from}.creates`, () => plainPath(command.creates ?? ''));
    return {
      kind: 'command',
      id: `command:${name}`,
      needs: command.after ?? [],
      from,
      name,
      argv: command.run,
      ...(creates === undefined ? {} : { creates }),
      ...(command.unless === undefined ? {} : { unless: command.unless }),
      ...(command.once === undefined ? {} : { once: command.once }),
      ...(command.user === undefined ? {} : { user: command.user }),
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      env: command.env,
      timeoutSeconds: command.timeout ?? 300,
    };
  });
}

export function serviceSteps({ document }: FilledRole, faults: Faults): ServiceStep[] {
  return Object.entries(document.services).map(([name, service]) => {
    const from = `services.${name}`;
    const unit = unitName(name);
    if (!isUnitName(unit))
      faults.add(
        from,
        `"${unit}" is not the name of a unit (letters, digits and : _ . \\ @ - only)`,
      );
    for (const [key, text] of [
      ['unit', service.unit],
      ['drop_in', service.drop_in],
    ] as const) {
      const [secret] = secretsIn(text ?? []);
      // systemctl show and cat print unit files to every user.
      if (secret !== undefined)
        faults.add(
          `${from}.${key}`,
          `the secret "${secret.secret}" would be readable by everyone in a unit file; hand it over as "credentials: { NAME: ${secret.secret} }", or in a file of mode 0600 named by EnvironmentFile=`,
        );
    }
    return {
      kind: 'service',
      id: `service:${unit.replace(/\.service$/, '')}`,
      needs: service.after ?? [],
      from,
      unit,
      enable: service.enable ?? false,
      state: service.state ?? 'started',
      ...(service.unit === undefined ? {} : { unitFile: service.unit }),
      ...(service.drop_in === undefined ? {} : { dropIn: service.drop_in }),
      credentials: service.credentials ?? {},
      timeoutSeconds: service.timeout ?? 90,
    };
  });
}
