/** Predicts the calls that a boot will make: to the metadata service and to AWS, each with what it is for. */
import { secretKey } from '../aws/aws.ts';
import type { Identity } from '../identity/identity.ts';
import type { Release } from '../releases/release.ts';
import { requestsFor } from '../resources/artifact/ranges.ts';
import type { Drift } from '../resources/resource.ts';
import type { ArtifactStep, SecretStep, Step } from '../resources/step.ts';
import type { Call, Plan } from './plan.ts';
import { registrationCalls } from './registration-calls.ts';

export interface Foreseen {
  readonly identity: Identity;
  readonly plan: Plan;
  /** The release as it was looked up: its source and manifest tell what was read for it. */
  readonly release?: Release | undefined;
  /** A config overlay is pulled from S3. */
  readonly overlay?: boolean;
  /** What differs on the machine, by step id; where absent, everything is taken to. */
  readonly drifts?: ReadonlyMap<string, Drift | undefined>;
  /** CONTINUE was sent in this stay in the group already: nothing is asked or told again. */
  readonly signalled?: boolean;
  /** Metadata requests that finding the identity took, where it was found. */
  readonly metadataRequests?: number;
}

/** The calls of one boot in the order in which they begin; an ordinary boot, without retries. */
export function predictCalls(inputs: Foreseen): Call[] {
  const calls: Call[] = [];
  const call = (service: Call['service'], operation: string, purpose: string, count = 1) =>
    calls.push({ service, operation, count, purpose });
  if (inputs.metadataRequests !== undefined)
    call('imds', 'GET', 'identity, tags, user data, credentials', inputs.metadataRequests);
  if (inputs.identity.tagsFrom === 'ec2-api')
    call('ec2', 'DescribeTags', 'instance tags (off in the metadata)');
  if (inputs.overlay) call('s3', 'GetObject', 'config overlay');
  if (inputs.release?.source.startsWith('s3://')) call('s3', 'GetObject', 'release pointer');
  if (inputs.release?.manifest !== undefined) call('s3', 'GetObject', 'release manifest');
  if (inputs.plan.peers !== undefined) call('ec2', 'DescribeInstances', 'peers');
  if (inputs.plan.record?.crashLoop !== undefined && inputs.plan.signal.kind !== 'none')
    call('s3', 'GetObject', 'failures of other nodes');
  const drifted = (step: Step) => !inputs.drifts || inputs.drifts.get(step.id) !== undefined;
  for (const step of inputs.plan.steps.filter(drifted)) {
    if (step.kind === 'artifact' && isFetched(inputs.drifts?.get(step.id)))
      calls.push(objectRead(step));
    if (step.kind === 'secret') calls.push(secretReads(step));
  }
  const { signal, registration } = inputs.plan;
  if (registration !== undefined) calls.push(...registrationCalls(registration));
  if (signal.kind === 'lifecycle-hook' && inputs.signalled !== true) {
    if (signal.hook === undefined)
      call('autoscaling', 'DescribeLifecycleHooks', 'name of the launch hook');
    call(
      'autoscaling',
      'RecordLifecycleActionHeartbeat',
      "0 below a third of the hook's timeout",
      0,
    );
    call('autoscaling', 'CompleteLifecycleAction', 'CONTINUE, or ABANDON');
  }
  if (inputs.plan.record?.when === 'always') call('s3', 'PutObject', 'flight record');
  if (inputs.plan.targetGroups !== undefined) {
    const after = 'after CONTINUE: how the load balancer sees it';
    if (inputs.plan.targetGroups.includes('group') && signal.kind === 'lifecycle-hook')
      call('autoscaling', 'DescribeAutoScalingGroups', 'target groups of the group');
    const names = inputs.plan.targetGroups.filter(
      (one) => isName(one) && !registration?.targetGroups.includes(one),
    );
    if (names.length > 0)
      call('elbv2', 'DescribeTargetGroups', `${after}, by its name`, names.length);
    call('elbv2', 'DescribeTargetHealth', `${after}, again until healthy`);
  }
  return calls;
}

/** Of a target group; its ARN takes a call of its own. */
function isName(targetGroup: string): boolean {
  return targetGroup !== 'group' && !targetGroup.startsWith('arn:');
}

/** The object itself is in place where only its owner or mode differs. */
function isFetched(drift: Drift | undefined): boolean {
  const outside = ['owner', 'group', 'mode'];
  return !drift?.differences.every(({ aspect }) => outside.includes(aspect));
}

/** A large object comes in ranges. How many is known where the manifest tells its size. */
function objectRead({ id, size }: ArtifactStep): Call {
  const purpose = id.replace(':', ' ');
  const count = requestsFor(size);
  const told = size === undefined ? `${purpose}, more where it is large` : purpose;
  const inRanges = count === 1 ? told : `${purpose}, in ranges`;
  return { service: 's3', operation: 'GetObject', count, purpose: inRanges };
}

/** One call for each version of each secret, however many fields of it are wanted. */
function secretReads({ secrets }: SecretStep): Call {
  const count = new Set(secrets.map(secretKey)).size;
  const purpose = `${count} ${count === 1 ? 'secret' : 'secrets'}`;
  return { service: 'secretsmanager', operation: 'GetSecretValue', count, purpose };
}
