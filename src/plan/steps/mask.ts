/** The step of units that must not start by themselves: all in one, so that systemd is asked once. */
import type { MaskStep } from '../../resources/step.ts';
import type { FilledRole } from '../../roles/filled-role.ts';
import type { Faults } from '../faults.ts';
import { isUnitName, unitName } from './unit-name.ts';

export function maskSteps({ document }: FilledRole, faults: Faults): MaskStep[] {
  const names = Object.keys(document.mask);
  if (names.length === 0) return [];
  const services = new Set(Object.keys(document.services).map(unitName));
  for (const name of names) {
    const unit = unitName(name);
    if (!isUnitName(unit)) faults.add(`mask.${name}`, `"${unit}" is not the name of a unit`);
    if (services.has(unit))
      faults.add(
        `mask.${name}`,
        `${unit} is a service of this role as well; keep one of them, or set this one to null`,
      );
  }
  const units = [...new Set(names.map(unitName))].sort();
  return [{ kind: 'mask', id: 'masks', needs: [], from: 'mask', units }];
}
