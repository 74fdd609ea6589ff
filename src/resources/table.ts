/** The table of resources: one line for each kind of step. The compiler names a kind that is missing. */
import { artifact } from './artifact/artifact.ts';
import { command } from './command.ts';
import { directory } from './directory.ts';
import type { DrainStep } from './drain/drain-step.ts';
import type { DrainTable } from './drain/drain-table.ts';
import { file } from './file.ts';
import { hold } from './hold.ts';
import { hostname } from './hostname.ts';
import { kernelModule } from './kernel-module/kernel-module.ts';
import { mask } from './mask.ts';
import { packages } from './package/package.ts';
import type { Resource } from './resource.ts';
import { secret } from './secret.ts';
import { service } from './service/service.ts';
import type { Step, StepKind } from './step.ts';
import { sysctl } from './sysctl/sysctl.ts';
import { user } from './user.ts';

export type ResourceTable = { readonly [K in StepKind]: Resource<Extract<Step, { kind: K }>> };

/** What the engine runs: a boot's plan, or a stage of a drain's. */
export type AnyStep = Step | DrainStep;
export type AnyTable = ResourceTable | DrainTable;

export const resources: ResourceTable = {
  artifact,
  command,
  directory,
  file,
  hold,
  hostname,
  'kernel-module': kernelModule,
  mask,
  package: packages,
  secret,
  service,
  sysctl,
  user,
};
