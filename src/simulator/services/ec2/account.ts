/** The EC2 side of a simulated account: everything that it has, and the operations on it. */
import type { Clock } from '../../../clock.ts';
import type { QueryInput } from '../query.ts';
import { ServiceError } from '../service.ts';
import type { AwsWorld } from '../world.ts';
import type { XmlElements } from '../xml.ts';
import { Ids } from './ids.ts';
import { Images } from './images.ts';
import {
  asked,
  changeStates,
  describeInstanceStatus,
  describeInstances,
  modifyInstanceAttribute,
  modifyMetadataOptions,
  runInstances,
} from './instance-operations.ts';
import { Instances } from './instances.ts';
import { KeyPairs } from './key-pairs.ts';
import type { Machines } from './machines.ts';
import { Networks } from './networks.ts';
import { describeAccountAttributes, describeAvailabilityZones, describeRegions } from './places.ts';
import { notFound, parameter } from './refusals.ts';
import { RootVolumes } from './root-volumes.ts';
import { SecurityGroups } from './security-groups.ts';
import { Snapshots } from './snapshots.ts';
import { Tags, tagsIn } from './tags.ts';
import { Volumes } from './volumes.ts';

export type Operation = (input: QueryInput) => XmlElements | Promise<XmlElements>;

export class Ec2Account {
  readonly instances: Instances;
  readonly rootVolumes: RootVolumes;
  /** By the name of the action. */
  readonly operations: Readonly<Record<string, Operation>>;

  /**
   * `launchState`: how the launch of an instance stands in its Auto Scaling group, where it is in one. `replaced`: told of
   * each root volume that is another one now.
   */
  constructor(
    world: AwsWorld,
    clock: Clock,
    machines: Machines,
    launchState: (instanceId: string) => string | undefined,
    replaced: (instanceId: string, volumeId: string) => void = () => undefined,
  ) {
    const ids = new Ids(world.accountId);
    const tags = new Tags(world, clock);
    const networks = new Networks(world, tags);
    const keyPairs = new KeyPairs(ids, tags);
    const securityGroups = new SecurityGroups(world, ids, tags);
    const volumes = new Volumes(ids, tags, clock);
    const snapshots = new Snapshots(world, ids, tags, clock, machines);
    const common = { world, ids, tags, clock, machines, volumes, snapshots };
    const images = new Images(common);
    const store = { ...common, images, networks, keyPairs, securityGroups };
    const instances = new Instances(store);
    this.instances = instances;
    const rootVolumes = new RootVolumes(store, instances, replaced);
    this.rootVolumes = rootVolumes;
    const account = { world, instances, volumes, tags, launchState };
    const nouns = [instances, images, snapshots, volumes, keyPairs, securityGroups];
    const resourcesIn = (input: QueryInput) => {
      parameter(input, 'ResourceId.1');
      const resources = input.list('ResourceId');
      const unknown = resources.filter((id) => !nouns.some((noun) => noun.has(id)));
      if (unknown.length > 0) throw notFound(...unknown);
      return resources;
    };
    this.operations = {
      DescribeAccountAttributes: () => describeAccountAttributes(),
      DescribeAvailabilityZones: () => describeAvailabilityZones(world, networks),
      DescribeRegions: (input) => describeRegions(world, input),
      DescribeVpcs: (input) => networks.describeVpcs(input),
      DescribeSubnets: (input) => networks.describeSubnets(input),

      DescribeTags: (input) => tags.describe(input, (id) => instances.shows(id)),
      CreateTags: (input) => {
        const added = tagsIn(input);
        for (const id of resourcesIn(input)) tags.put(id, added);
        return { return: true };
      },
      DeleteTags: (input) => {
        for (const id of resourcesIn(input))
          for (const tag of input.parts('Tag'))
            tags.remove(id, parameter(tag, 'Key'), tag.text('Value'));
        return { return: true };
      },

      CreateKeyPair: (input) => keyPairs.create(input),
      ImportKeyPair: (input) => keyPairs.import(input),
      DescribeKeyPairs: (input) => keyPairs.describe(input),
      DeleteKeyPair: (input) => keyPairs.delete(input),

      CreateSecurityGroup: (input) => securityGroups.create(input),
      DescribeSecurityGroups: (input) => securityGroups.describe(input),
      AuthorizeSecurityGroupIngress: (input) => securityGroups.authorizeIngress(input),
      DeleteSecurityGroup: (input) =>
        securityGroups.delete(input, (id) =>
          instances
            .visible()
            .some(
              ({ state, groups }) =>
                state !== 'terminated' && groups.some((group) => group.id === id),
            ),
        ),

      RunInstances: (input) => runInstances(account, input),
      DescribeInstances: (input) => describeInstances(account, input),
      DescribeInstanceStatus: (input) => describeInstanceStatus(account, input),
      ModifyInstanceAttribute: (input) => modifyInstanceAttribute(account, input),
      ModifyInstanceMetadataOptions: (input) => modifyMetadataOptions(account, input),
      StartInstances: (input) => changeStates(account, input, (one) => instances.start(one)),
      StopInstances: (input) => changeStates(account, input, (one) => instances.stop(one)),
      TerminateInstances: (input) =>
        changeStates(account, input, (one) => instances.terminate(one)),
      RebootInstances: (input) => {
        changeStates(account, input, (one) => instances.reboot(one));
        return { return: true };
      },

      CreateReplaceRootVolumeTask: (input) => rootVolumes.create(input),
      DescribeReplaceRootVolumeTasks: (input) => rootVolumes.describe(input),

      DescribeImages: (input) => images.describe(input),
      CreateImage: (input) => {
        const instance = asked(account, input);
        const { imageId = '' } = instance.described;
        const source = images.has(imageId) ? images.get(imageId) : undefined;
        const keep = instances.keeperOf(instance, input.text('NoReboot') === 'true');
        return images.create(input, instance, source, keep);
      },
      CopyImage: (input) => images.copy(input),
      ModifyImageAttribute: (input) => images.modifyAttribute(input),
      DeregisterImage: (input) => images.deregister(input),

      DescribeSnapshots: (input) => snapshots.describe(input),
      ModifySnapshotAttribute: (input) => snapshots.modifyAttribute(input),
      DeleteSnapshot: (input) => snapshots.delete(input, (id) => images.holding(id)),
      DescribeVolumes: (input) => volumes.describe(input),
      DeleteVolume: (input) => volumes.delete(input),
    };
  }

  /** DryRun does nothing, and says so by an error (EC2 API reference, common parameters). */
  perform(operation: string, input: QueryInput): XmlElements | Promise<XmlElements> {
    const perform = this.operations[operation];
    if (perform === undefined)
      throw new ServiceError(400, 'InvalidAction', `The action ${operation} is not valid`);
    if (input.text('DryRun') === 'true')
      throw new ServiceError(
        412,
        'DryRunOperation',
        'Request would have succeeded, but DryRun flag is set.',
      );
    return perform(input);
  }
}
