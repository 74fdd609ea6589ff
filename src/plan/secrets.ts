/** Checks that every secret which a step names is one that the role declares. */

import { didYouMean } from '../did-you-mean.ts';
import type { Step } from '../resources/step.ts';
import type { FilledRole } from '../roles/filled-role.ts';
import type { Faults } from './faults.ts';
import { secretsIn } from './text.ts';

/** Adds a fault for each name that is not under `secrets` of the role. */
export function checkSecrets(steps: readonly Step[], role: FilledRole, faults: Faults): void {
  const declared = Object.keys(role.document.secrets);
  for (const step of steps)
    for (const [name, path] of namesIn(step))
      if (!declared.includes(name))
        faults.add(
          path,
          `the secret "${name}" is not declared under secrets${didYouMean(name, declared)}`,
        );
}

function namesIn(step: Step): [name: string, path: string][] {
  switch (step.kind) {
    case 'file':
      return secretsIn(step.content).map(({ secret }) => [secret, step.from]);
    case 'command':
      return Object.entries(step.env).flatMap(([key, text]) =>
        secretsIn(text).map(({ secret }): [string, string] => [secret, `${step.from}.env.${key}`]),
      );
    case 'service':
      return Object.entries(step.credentials).map(([key, secret]) => [
        secret,
        `${step.from}.credentials.${key}`,
      ]);
    default:
      return [];
  }
}
