/** The table of what a drain does: one line for each kind of its steps. */
import { command } from '../command.ts';
import { file } from '../file.ts';
import { deregister } from './deregister.ts';
import type { DrainResource } from './drain-resource.ts';
import type { DrainStep, DrainStepKind } from './drain-step.ts';
import { logs } from './logs.ts';
import { quiet } from './quiet.ts';
import { released } from './released.ts';
import { stop } from './stop.ts';

export type DrainTable = {
  readonly [K in DrainStepKind]: DrainResource<Extract<DrainStep, { kind: K }>>;
};

export const drainResources: DrainTable = {
  command,
  file,
  deregister,
  released,
  quiet,
  stop,
  logs,
};
