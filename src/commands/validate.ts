/** `agent validate`: checks every role of a folder offline, and says everything that is wrong at once. */
import { resolve } from 'node:path';
import { exitCode } from '../exit-code.ts';
import { localHost } from '../host/local-host.ts';
import { planFaults } from '../plan/check-role.ts';
import { type Fault, faultLine } from '../roles/fault.ts';
import { validateRoles } from '../roles/validate.ts';
import type { Output } from './output.ts';
import { readRolesFolder } from './surroundings.ts';

export interface ValidateOptions {
  readonly folder: string;
  readonly json?: boolean;
}

/** Gives 0 where every role is right (warnings allowed), 78 where one is not. */
export async function validate({ folder, json }: ValidateOptions, output: Output): Promise<number> {
  const shownAs = folder.replace(/(?<=.)\/+$/, '');
  const read = await readRolesFolder(localHost().files, resolve(folder), shownAs);
  const { roles, ...templates } = read;
  const found = validateRoles({ sources: roles, ...templates, extraCheck: planFaults });
  const faults = found.filter(({ severity }) => severity === 'fault');
  const warnings = found.filter(({ severity }) => severity === 'warning');
  if (json) {
    const document = { roles: roles.map(({ source }) => source), faults, warnings };
    output.out(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    print(roles.map(({ name }) => name).join(', '), faults, warnings, output);
  }
  return faults.length === 0 ? exitCode.done : exitCode.config;
}

function print(
  roles: string,
  faults: readonly Fault[],
  warnings: readonly Fault[],
  output: Output,
): void {
  for (const warning of warnings) output.err(`warning: ${faultLine(warning)}\n`);
  for (const fault of faults) output.err(`${faultLine(fault)}\n`);
  if (faults.length === 0) output.out(`Every role is right: ${roles}\n`);
  else output.err(`\n${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in ${roles}\n`);
}
