/** The end of a printed plan: the critical path, the calls and their cost, what proves the node healthy, the signal. */
import type { Step } from '../../resources/step.ts';
import { costOf } from '../cost.ts';
import { criticalPath } from '../critical-path.ts';
import { estimateMs } from '../estimate.ts';
import type { Call, Plan, Probe } from '../plan.ts';
import { isForPool } from '../preparation.ts';
import { recordFolder, recordRights } from '../record-orders.ts';
import { registrationInWords } from '../registration.ts';
import { registrationRights } from '../registration-calls.ts';
import type { Page } from './page.ts';
import { dollars, duration } from './quantities.ts';
import type { PlanView } from './view.ts';

/** What every number of the critical path is. */
export const estimateBasis = 'estimates from assumptions about each kind of step, not measurements';

export function writeCriticalPath(page: Page, { plan, drifts }: PlanView): void {
  if (plan.steps.length === 0) return;
  const estimate = (step: Step) => estimateMs(step, drifts.get(step.id));
  const { path, ms } = criticalPath(plan.steps, estimate);
  page.heading('Critical path', `about ${duration(ms)}`);
  const names = Math.max(...path.map(({ id }) => id.length));
  for (const step of path) {
    const bar = '█'.repeat(Math.round((estimate(step) / ms) * longestBar));
    page.line(`  ${step.id.padEnd(names)}  ${duration(estimate(step)).padStart(7)}  `, [
      bar,
      'cyan',
    ]);
  }
  page.line('  ', [`(${estimateBasis})`, 'dim']);
}

/** Columns of a bar that stands for the whole boot. */
const longestBar = 40;

const serviceNames: Readonly<Record<Call['service'], string>> = {
  imds: 'metadata',
  s3: 'S3',
  secretsmanager: 'Secrets Manager',
  autoscaling: 'Auto Scaling',
  ec2: 'EC2',
  elbv2: 'Elastic Load Balancing',
  elb: 'Classic Load Balancing',
};

export function writeCalls(page: Page, { calls }: PlanView): void {
  if (calls.length === 0) return;
  const cost = costOf(calls);
  page.heading('Calls of this boot', `${dollars(cost.usd)} USD`);
  const names = Math.max(...calls.map(({ service }) => serviceNames[service].length));
  const operations = Math.max(...calls.map(({ operation }) => operation.length));
  for (const { service, operation, count, purpose } of calls)
    page.line(
      `  ${serviceNames[service].padEnd(names)}  `,
      [String(count).padStart(3), 'bold'],
      `  ${operation.padEnd(operations)}  `,
      [purpose, 'dim'],
    );
  page.line('  ', [`(${cost.basis}; an ordinary boot, without retries)`, 'dim']);
}

export function writeProbes(page: Page, { plan }: PlanView): void {
  page.heading('Healthy when');
  if (plan.probes.length === 0) page.line('  every step succeeded (the role has no probes)');
  const names = Math.max(...plan.probes.map(({ id }) => id.length));
  for (const probe of plan.probes) page.wrapped(`  ${probe.id.padEnd(names)}  `, probeText(probe));
}

function probeText(probe: Probe): string {
  const times = probe.successes === 1 ? '' : `, ${probe.successes} times in a row`;
  return `${subject(probe)}${times}, within ${probe.deadlineSeconds} s of the last step`;
}

function subject(probe: Probe): string {
  if (probe.kind === 'tcp') return `port ${probe.port} accepts connections`;
  if (probe.kind === 'command') return `${probe.argv.join(' ')} exits 0`;
  const host = probe.host === 'localhost' ? '' : ` (Host: ${probe.host})`;
  return `GET http://localhost:${probe.port}${probe.path}${host} answers ${probe.codes}`;
}

export function writeRegistration(page: Page, { plan }: PlanView): void {
  const { registration } = plan;
  if (registration === undefined) return;
  page.heading('Registration', `${registration.deadlineSeconds} s at most`);
  const port = registration.port === undefined ? '' : ` (targets with port ${registration.port})`;
  page.wrapped(
    '  ',
    `once healthy as above, with ${registrationInWords(registration)}${port}; the boot fails where it does not become healthy there`,
  );
  page.wrapped('  ', `rights: ${registrationRights(registration).join(', ')}`);
}

export function writeSignal(page: Page, { plan, identity }: PlanView): void {
  page.heading('Signal');
  const pooled = isForPool(identity.launch);
  page.wrapped('  ', signalText(plan, pooled));
  const followed = plan.targetGroups?.join(', ');
  if (followed !== undefined && !pooled)
    page.wrapped('  ', `Then followed, with nothing waiting for it: target groups ${followed}`);
}

export function writeRecord(page: Page, { plan, identity }: PlanView): void {
  const { record } = plan;
  if (record === undefined) return;
  page.heading('Flight record');
  const folder = recordFolder(record, { class: plan.class, group: identity.facts.group_name });
  const boots =
    record.when === 'always' ? 'after each boot' : 'of a boot that does not end healthy';
  page.wrapped('  ', `to s3://${record.bucket}/${folder}, ${boots}`);
  if (record.holdSeconds !== undefined && plan.signal.kind === 'lifecycle-hook')
    page.wrapped(
      '  ',
      `one failed node of the group at a time is held for debugging before ABANDON: ${record.holdSeconds} s, or as long as the hook waits in all`,
    );
  page.wrapped('  ', `rights: ${recordRights(record).join(', ')}`);
}

function signalText({ signal, deadlineSeconds }: Plan, pooled: boolean): string {
  if (signal.kind === 'none')
    return `none: ${signal.because}; the boot fails after ${deadlineSeconds} s`;
  const hook = signal.hook === undefined ? 'the launch hook' : `the hook ${signal.hook}`;
  return `CONTINUE to ${hook} of group ${signal.group} once ${pooled ? 'prepared for the warm pool' : 'healthy'}; ABANDON at once on a fatal error, or after ${deadlineSeconds} s, and before the hook times out: ${budgetText(deadlineSeconds)}`;
}

/** A hook waits 100 times its heartbeat timeout, which is 30 s at least, 48 h at most (Auto Scaling API reference, PutLifecycleHook). */
function budgetText(deadlineSeconds: number): string {
  const assumed = 'assuming the shortest heartbeat timeout there is, 30 s, it waits 50 min in all';
  if (deadlineSeconds <= 3000) return assumed;
  if (deadlineSeconds > 172_800) return 'no hook waits longer than 48 h';
  return `${assumed}; to wait for ${deadlineSeconds} s it needs one of ${Math.ceil(deadlineSeconds / 100)} s`;
}
