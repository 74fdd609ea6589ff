/** Why a load balancer does not send to a target, in words: what each reason code means, and what to look at. */
import type { HealthCheck, Target } from '../aws/aws.ts';

/** What is known of a target beyond its state. */
export interface Circumstances {
  readonly check?: HealthCheck;
  /** What the same request gets on the node itself. */
  readonly local?: string;
}

/** One sentence or two for a state and reason of ELB (API reference, TargetHealth). Codes that are not known here are shown as they are. */
export function reasonInWords(
  { state, reason = '' }: Pick<Target, 'state' | 'reason'>,
  circumstances: Circumstances = {},
): string {
  if (state === 'healthy') return 'its health checks succeed';
  const asks = askedInWords(circumstances);
  const words = reasons[reason] ?? states[state];
  const code = [state, reason].filter(Boolean).join(', ');
  return words === undefined
    ? `${code}: not known to this agent.${asks}`
    : `${words}${asked.has(reason) ? asks : ''}`;
}

/** What the load balancer asks for and what the node itself answers, as far as either is known; begins with a blank, or is empty. */
export function askedInWords({ check, local }: Circumstances): string {
  const wants = check === undefined ? '' : ` It asks ${inWords(check)}.`;
  const here = local === undefined ? '' : ` The node itself, asked the same: ${local}.`;
  return `${wants}${here}`;
}

function inWords({ protocol, port, path, codes, timeoutSeconds, intervalSeconds }: HealthCheck) {
  const where = port === undefined ? 'the port of the target' : `port ${port}`;
  const what = path === undefined ? `for a connection to ${where}` : `for ${path} on ${where}`;
  const wanted = codes === undefined ? '' : `, wants ${codes}`;
  return `${what} by ${protocol}${wanted}, within ${timeoutSeconds} s, every ${intervalSeconds} s`;
}

/** Reasons that what is asked for and what the node answers explain. */
const asked: ReadonlySet<string> = new Set([
  'Target.ResponseCodeMismatch',
  'Target.Timeout',
  'Target.FailedHealthChecks',
]);

const reasons: Readonly<Record<string, string>> = {
  'Elb.RegistrationInProgress': 'it is being registered.',
  'Elb.InitialHealthChecking':
    'it was not asked often enough yet: one success is enough for a new target.',
  'Target.ResponseCodeMismatch':
    'the health check was answered, but not with a code that the target group takes.',
  'Target.Timeout':
    'the health check got no answer in time: a security group that does not let the load balancer in (packets are dropped), or a node that is too slow.',
  'Target.FailedHealthChecks':
    'the load balancer could not connect, or the answer was broken off or no HTTP: nothing listens there, or not on this address.',
  'Target.NotRegistered':
    'the target group does not know this node: the group registers it right after CONTINUE; a node outside a group has to be registered (lifecycle.register).',
  'Target.NotInUse':
    'the target group gets no traffic: no listener forwards to it, or the zone of this node is not enabled for the load balancer.',
  'Target.DeregistrationInProgress': 'it is being taken out of the target group.',
  'Target.InvalidState': 'EC2 says that the instance is stopped or terminated.',
  'Target.IpUnusable':
    'its address cannot be a target: the load balancer uses it, or it is none that can be routed.',
  'Target.HealthCheckDisabled':
    'health checks are off for this target group, so nothing is known of it.',
  'Elb.InternalError': 'the load balancer has a fault of its own; it is not this node.',
};

/** Where there is no reason, or one that is new. */
const states: Readonly<Record<string, string>> = {
  initial: reasons['Elb.InitialHealthChecking'] ?? '',
  unhealthy: 'its health checks fail.',
  'unhealthy.draining': 'its health checks fail, and its connections are being ended.',
  unused: reasons['Target.NotInUse'] ?? '',
  draining: reasons['Target.DeregistrationInProgress'] ?? '',
  unavailable: reasons['Target.HealthCheckDisabled'] ?? '',
};
