/** The operations of simulated EC2 on instances: requests in, what they are answered out. */
import type { QueryInput } from '../query.ts';
import type { AwsWorld, InstanceState } from '../world.ts';
import type { Xml, XmlElements } from '../xml.ts';
import { filtersOf, passesAll } from './filters.ts';
import { type Ec2Instance, instanceFacets, instanceXml, stateXml } from './instance.ts';
import type { Instances } from './instances.ts';
import { demandTagsForMetadata, metadataOptionsIn } from './metadata-options.ts';
import { pageOf } from './pages.ts';
import { notFound, parameter, refused } from './refusals.ts';
import { userDataIn, wantedIn } from './run-instances.ts';
import type { Tags } from './tags.ts';
import type { Volumes } from './volumes.ts';

export interface InstanceOperations {
  readonly world: AwsWorld;
  readonly instances: Instances;
  readonly volumes: Volumes;
  readonly tags: Tags;
  /** How the launch of an instance stands in its Auto Scaling group, where it is in one. */
  readonly launchState: (instanceId: string) => string | undefined;
}

/** The same client token again launches nothing more (EC2 user guide, idempotency). */
export function runInstances(account: InstanceOperations, input: QueryInput): XmlElements {
  const { wanted, count } = wantedIn(input, account.world);
  const repeated = account.instances
    .visible()
    .filter(({ clientToken = '' }) => clientToken === wanted.clientToken);
  if (repeated.length > 0) return reservation(account, repeated);
  const launched = Array.from({ length: count }, () => account.instances.run(wanted));
  return reservation(account, launched);
}

export function describeInstances(account: InstanceOperations, input: QueryInput): XmlElements {
  const { items, nextToken } = pageOf(matching(account, input), input, byIds(input));
  const set = items.map((one) => reservation(account, [one]));
  return { nextToken, reservationSet: { item: set } };
}

/** Of running instances, unless all are asked for (EC2 API reference, DescribeInstanceStatus). */
export function describeInstanceStatus(
  account: InstanceOperations,
  input: QueryInput,
): XmlElements {
  const all = input.text('IncludeAllInstances') === 'true';
  const state = (one: Ec2Instance) => stateOf(account, one);
  const found = matching(account, input).filter((one) => all || state(one) === 'running');
  const { items, nextToken } = pageOf(found, input, byIds(input));
  const set = items.map((one) => {
    const status = state(one) === 'running' ? 'ok' : 'not-applicable';
    return {
      instanceId: one.id,
      availabilityZone: one.described.zone,
      instanceState: stateXml(state(one)),
      systemStatus: { status },
      instanceStatus: { status },
    };
  });
  return { nextToken, instanceStatusSet: { item: set } };
}

/** Start, stop, terminate: the states before and after. All ids must be known before anything is done. */
export function changeStates(
  account: InstanceOperations,
  input: QueryInput,
  change: (instance: Ec2Instance) => void | Promise<void>,
): XmlElements {
  const instances = account.instances.get(input.list('InstanceId'));
  if (instances.length === 0) parameter(input, 'InstanceId');
  const changes = instances.map((instance) => {
    const previousState = stateXml(instance.state);
    void change(instance);
    return { instanceId: instance.id, previousState, currentState: stateXml(instance.state) };
  });
  return { instancesSet: { item: changes } };
}

export function modifyInstanceAttribute(
  account: InstanceOperations,
  input: QueryInput,
): XmlElements {
  const instance = asked(account, input);
  const off = (what: string) => {
    if (instance.state !== 'stopped')
      throw refused(
        'IncorrectInstanceState',
        `The instance '${instance.id}' is not in the 'stopped' state: ${what} cannot be changed.`,
      );
  };
  const type = input.text('InstanceType.Value');
  if (type !== undefined) {
    off('its type');
    instance.described = { ...instance.described, instanceType: type };
  }
  const userData = input.text('UserData.Value');
  if (userData !== undefined) {
    off('its user data');
    instance.userData = userDataIn(userData);
  }
  const behavior = input.text('InstanceInitiatedShutdownBehavior.Value');
  if (behavior === 'stop' || behavior === 'terminate') instance.shutdownBehavior = behavior;
  const disabled = input.text('DisableApiTermination.Value');
  if (disabled !== undefined) instance.terminationDisabled = disabled === 'true';
  return { return: true };
}

/** Applied at once; EC2 itself answers `pending` first. */
export function modifyMetadataOptions(account: InstanceOperations, input: QueryInput): XmlElements {
  const instance = asked(account, input);
  const options = { ...instance.metadataOptions, ...metadataOptionsIn(input, '') };
  if (options.instanceMetadataTags === 'enabled')
    demandTagsForMetadata(Object.keys(account.tags.of(instance.id)));
  instance.metadataOptions = options;
  const { id: instanceId } = instance;
  return { instanceId, instanceMetadataOptions: { state: 'pending', ...options } };
}

/** The one instance that a request is about. */
export function asked({ instances }: InstanceOperations, input: QueryInput): Ec2Instance {
  const id = parameter(input, 'InstanceId');
  const [instance] = instances.get([id]);
  if (instance === undefined) throw notFound(id);
  return instance;
}

function byIds(input: QueryInput): boolean {
  return input.list('InstanceId').length > 0;
}

/** A group's launch that was given up ends its instance. */
function stateOf({ launchState }: InstanceOperations, { id, state }: Ec2Instance): InstanceState {
  const launch = launchState(id);
  if (launch === 'Terminated') return 'terminated';
  if (launch === 'Terminating' || launch === 'Terminating:Proceed') return 'shutting-down';
  return state;
}

function matching(account: InstanceOperations, input: QueryInput): Ec2Instance[] {
  const { instances, tags } = account;
  const wanted = instances.get(input.list('InstanceId'));
  const filters = filtersOf(input);
  return (wanted.length > 0 ? wanted : instances.visible()).filter((one) =>
    passesAll(filters, instanceFacets(one, stateOf(account, one)), tags.of(one.id)),
  );
}

function reservation(account: InstanceOperations, instances: readonly Ec2Instance[]): XmlElements {
  const { world, volumes, tags } = account;
  const items: Xml[] = instances.map((one) =>
    instanceXml(one, stateOf(account, one), {
      volumes: volumes.of(one.id),
      tags: tags.xml(one.id),
      accountId: world.accountId,
    }),
  );
  return {
    reservationId: instances[0]?.id.replace(/^i-/, 'r-'),
    ownerId: world.accountId,
    instancesSet: { item: items },
  };
}
