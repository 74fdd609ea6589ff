/** The instances of simulated EC2: launched here, or joined from outside; and what becomes of them. */
import type { InstanceState, SimulatedEc2Instance } from '../world.ts';
import { instanceFromOutside } from './from-outside.ts';
import { rootSnapshot } from './image.ts';
import type { Ec2Instance } from './instance.ts';
import type { InstanceStore } from './instance-store.ts';
import { machineOf } from './machines.ts';
import { demandTagsForMetadata, metadataOptionsFor } from './metadata-options.ts';
import { vpcId } from './networks.ts';
import { notFound, refused } from './refusals.ts';
import { demandArchitecture, type Wanted } from './run-instances.ts';

export class Instances {
  readonly #store: InstanceStore;
  readonly #instances = new Map<string, Ec2Instance>();
  /** From one state to another, as long as that lasts. */
  readonly #passing = new Map<string, Promise<void>>();

  /** The instances that the world describes, those of its groups, and those that have tags. */
  constructor(store: InstanceStore) {
    this.#store = store;
    const { groups, instances = {}, tags } = store.world;
    const members = Object.values(groups).flatMap((group) => Object.entries(group.instances));
    const ids = [...Object.keys(instances), ...members.map(([id]) => id), ...Object.keys(tags)];
    for (const id of new Set(ids)) {
      const member = members.find(([one]) => one === id)?.[1];
      this.add(id, { ...member, ...instances[id], tags: { ...tags[id], ...instances[id]?.tags } });
    }
  }

  /** One that somebody else runs is there from now on. It may not be seen at once. */
  add(id: string, described: SimulatedEc2Instance): Ec2Instance {
    return this.#keep(instanceFromOutside(this.#store, id, described));
  }

  /** Those that the API shows by now, in the order in which they came. */
  visible(): Ec2Instance[] {
    const now = this.#store.clock.monotonic();
    return [...this.#instances.values()].filter(({ visibleAt }) => now >= visibleAt);
  }

  /** False for an instance that is not to be seen yet; true for all else. */
  shows(id: string): boolean {
    const visibleAt = this.#instances.get(id)?.visibleAt ?? 0;
    return this.#store.clock.monotonic() >= visibleAt;
  }

  has(id: string): boolean {
    return this.#instances.has(id);
  }

  find(id: string): Ec2Instance | undefined {
    return this.#instances.get(id);
  }

  /** @throws ServiceError InvalidInstanceID.NotFound naming all that are unknown, or Malformed */
  get(ids: readonly string[]): Ec2Instance[] {
    for (const id of ids) {
      if (!/^i-[0-9a-z]+$/.test(id))
        throw refused('InvalidInstanceID.Malformed', `Invalid id: "${id}" (expecting "i-...")`);
    }
    const unknown = ids.filter((id) => !this.has(id) || !this.shows(id));
    if (unknown.length > 0) throw notFound(...unknown);
    return ids.flatMap((id) => this.find(id) ?? []);
  }

  /** Launches one. It is pending until its machine runs; a machine that cannot be launched ends it. */
  run(wanted: Wanted, autoScalingGroup?: string): Ec2Instance {
    const { images, networks, keyPairs, securityGroups, volumes, tags, ids, clock } = this.#store;
    const image = images.get(wanted.imageId);
    if (image.state !== 'available')
      throw refused('InvalidAMIID.Unavailable', `The image id '[${image.id}]' is not available`);
    demandArchitecture(wanted.instanceType, image);
    const { instanceProfiles = [] } = this.#store.world;
    if (wanted.instanceProfile && !instanceProfiles.includes(wanted.instanceProfile))
      throw refused(
        'InvalidParameterValue',
        `Value (${wanted.instanceProfile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
      );
    const keyPair = wanted.keyName === undefined ? undefined : keyPairs.get(wanted.keyName);
    const { securityGroupIds = [], securityGroups: names = [] } = wanted;
    const groups = securityGroups.choose(securityGroupIds, names);
    const metadataOptions = metadataOptionsFor(image, wanted.metadataOptions);
    if (metadataOptions.instanceMetadataTags === 'enabled')
      demandTagsForMetadata(Object.keys(wanted.tags ?? {}));
    const devices = wanted.devices?.(image) ?? image.devices;
    const subnet = networks.choose(wanted.subnetId, wanted.zone);
    const described: SimulatedEc2Instance = {
      instanceType: wanted.instanceType,
      architecture: image.architecture,
      imageId: image.id,
      zone: subnet.zone,
      privateIpv4: networks.address(subnet, wanted.privateIpv4),
      vpcId,
      subnetId: subnet.id,
      tags: {
        ...wanted.tags,
        ...(autoScalingGroup && { 'aws:autoscaling:groupName': autoScalingGroup }),
      },
    };
    const { clientToken, instanceProfile, spot, userData } = wanted;
    const instance = this.#keep({
      launchedAt: clock.now(),
      visibleAt: clock.monotonic(),
      id: ids.next('i'),
      described,
      state: 'pending',
      rootDevice: image.rootDevice,
      groups,
      metadataOptions,
      shutdownBehavior: wanted.shutdownBehavior ?? 'stop',
      terminationDisabled: wanted.terminationDisabled ?? false,
      ...(keyPair && { keyPair }),
      ...(clientToken && { clientToken }),
      ...(instanceProfile && { instanceProfile }),
      ...(spot && { spot }),
      ...(userData && { userData }),
      ...(autoScalingGroup && { autoScalingGroup }),
    });
    tags.put(instance.id, described.tags ?? {});
    for (const device of devices) {
      const volume = volumes.attach(instance.id, device.device, subnet.zone, device);
      tags.put(volume.id, wanted.volumeTags ?? {});
    }
    const launched = {
      ...machineOf(instance, this.#store.world),
      snapshotId: rootSnapshot(image),
      wentOff: () => this.#wentOff(instance),
    };
    void this.#pass(instance, 'pending', 'running', () => this.#store.machines.launch(launched));
    return instance;
  }

  start(instance: Ec2Instance): void {
    if (instance.state === 'running' || instance.state === 'pending') return;
    this.#demand(instance, 'stopped', 'started');
    void this.#pass(instance, 'pending', 'running', () => this.#powerOn(instance));
  }

  /** Resolves when it is stopped. */
  stop(instance: Ec2Instance): Promise<void> {
    if (instance.state === 'stopped' || instance.state === 'stopping') return Promise.resolve();
    this.#demand(instance, 'running', 'stopped');
    const { machines } = this.#store;
    return this.#pass(instance, 'stopping', 'stopped', () => machines.stop(instance.id));
  }

  /** Its group switches it off for its warm pool, or on to take it out of there; one that is under way is waited for. */
  async switchedByGroup(id: string, how: 'off' | 'on'): Promise<void> {
    const instance = this.#instances.get(id);
    if (instance === undefined) return;
    const [state, before] =
      how === 'on' ? (['running', 'stopped'] as const) : (['stopped', 'running'] as const);
    if (instance.fromOutside) {
      instance.state = state;
      return;
    }
    await this.#passing.get(id);
    if (instance.state !== before) return;
    if (how === 'on') this.start(instance);
    else void this.stop(instance);
  }

  reboot(instance: Ec2Instance): void {
    this.#demand(instance, 'running', 'rebooted');
    // It stays running all the time (EC2 user guide, reboot).
    void this.#pass(instance, 'running', 'running', async () => {
      await this.#store.machines.stop(instance.id);
      await this.#powerOn(instance);
    });
  }

  /** Resolves when it is gone, and what goes with it. */
  terminate(instance: Ec2Instance): Promise<void> {
    if (instance.state === 'terminated' || instance.state === 'shutting-down')
      return Promise.resolve();
    if (instance.terminationDisabled)
      throw refused(
        'OperationNotPermitted',
        `The instance '${instance.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
      );
    return this.#pass(instance, 'shutting-down', 'terminated', async () => {
      await this.#store.machines.terminate(instance.id);
      this.#release(instance);
    });
  }

  #release(instance: Ec2Instance): void {
    this.#store.volumes.release(instance.id);
    this.#store.networks.giveBack(instance.described.privateIpv4);
  }

  /**
   * What keeps its disk as an image: an instance that runs is switched off for it and on again, unless it must not be
   * (EC2 API reference, CreateImage, NoReboot).
   */
  keeperOf(instance: Ec2Instance, noReboot: boolean): (snapshotId: string) => Promise<void> {
    if (instance.state !== 'stopped') this.#demand(instance, 'running', 'made an image of');
    const keep = (snapshotId: string) => this.#store.machines.keepDisk(instance.id, snapshotId);
    if (instance.state === 'stopped' || noReboot) return keep;
    return async (snapshotId) => {
      await this.#store.machines.stop(instance.id);
      await keep(snapshotId);
      await this.#powerOn(instance);
    };
  }

  #powerOn(instance: Ec2Instance): Promise<void> {
    return this.#store.machines.start(machineOf(instance, this.#store.world));
  }

  /** Off by itself: what that means is an attribute of the instance. */
  #wentOff(instance: Ec2Instance): void {
    if (instance.state !== 'running') return;
    instance.state = 'stopped';
    if (instance.shutdownBehavior === 'terminate') void this.terminate(instance);
  }

  #pass(
    instance: Ec2Instance,
    through: InstanceState,
    to: InstanceState,
    work: () => Promise<void>,
  ): Promise<void> {
    instance.state = through;
    const passing = this.#toItsEnd(instance, through, to, work);
    this.#passing.set(instance.id, passing);
    return passing;
  }

  async #toItsEnd(
    instance: Ec2Instance,
    through: InstanceState,
    to: InstanceState,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
      // Terminated meanwhile: then it is on that way.
      if (instance.state === through) instance.state = to;
    } catch (error) {
      instance.why = String(error instanceof Error ? error.stack : error);
      instance.state = to === 'running' ? 'terminated' : to;
      if (instance.state === 'terminated') this.#release(instance);
    }
  }

  #demand(instance: Ec2Instance, state: InstanceState, deed: string): void {
    if (instance.state === state) return;
    throw refused(
      'IncorrectInstanceState',
      `The instance '${instance.id}' is not in a state from which it can be ${deed}.`,
    );
  }

  #keep(instance: Ec2Instance): Ec2Instance {
    this.#instances.set(instance.id, instance);
    return instance;
  }
}
