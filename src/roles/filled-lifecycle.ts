/** The lifecycle section, filled in: a port that a template gave becomes a number. */
import { portOf } from './filled-probes.ts';
import type { FilledLifecycle } from './filled-role.ts';
import type { Filling } from './filling.ts';
import type { RoleDocument } from './schema.ts';

type Lifecycle = NonNullable<RoleDocument['lifecycle']>;

export function filledLifecycle(
  { register, ...rest }: Lifecycle,
  filling: Filling,
): FilledLifecycle {
  if (register === undefined) return rest;
  const { port, ...wish } = register;
  return {
    ...rest,
    register: {
      ...wish,
      ...(port !== undefined && { port: portOf(port, 'lifecycle.register.port', filling) }),
    },
  };
}
