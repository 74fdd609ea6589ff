/** The simulated EC2 instances of an account: what DescribeInstances and DescribeTags know of each. */
import type { Clock } from '../../../clock.ts';
import type { AwsWorld, InstanceState, SimulatedEc2Instance } from '../world.ts';

/** An instance as it stands now; its state and its tags may be changed. */
export interface Ec2Instance {
  readonly id: string;
  readonly described: SimulatedEc2Instance;
  readonly launchedAt: number;
  readonly tags: Map<string, string>;
  state: InstanceState;
}

export class Instances {
  readonly #clock: Clock;
  readonly #instances = new Map<string, Ec2Instance & { readonly visibleAt: number }>();

  /** The instances that the world describes, those of its groups, and those that have tags. */
  constructor(world: AwsWorld, clock: Clock) {
    this.#clock = clock;
    const members = Object.values(world.groups).flatMap(({ instances }) =>
      Object.entries(instances),
    );
    const { instances = {}, tags } = world;
    const ids = [...Object.keys(instances), ...members.map(([id]) => id), ...Object.keys(tags)];
    for (const id of new Set(ids)) {
      const member = members.find(([one]) => one === id)?.[1];
      this.add(id, { ...member, ...instances[id], tags: { ...tags[id], ...instances[id]?.tags } });
    }
  }

  /** An instance is there from now on. It may not be seen at once: EC2's API is eventually consistent. */
  add(id: string, described: SimulatedEc2Instance): Ec2Instance {
    const instance = {
      id,
      described,
      launchedAt: this.#clock.now(),
      visibleAt: this.#clock.monotonic() + (described.visibleAfterMs ?? 0),
      tags: new Map(Object.entries(described.tags ?? {})),
      state: described.state ?? 'running',
    };
    this.#instances.set(id, instance);
    return instance;
  }

  /** Those that the API shows by now, in the order in which they came. */
  visible(): Ec2Instance[] {
    const now = this.#clock.monotonic();
    return [...this.#instances.values()].filter(({ visibleAt }) => now >= visibleAt);
  }

  find(id: string): Ec2Instance | undefined {
    return this.#instances.get(id);
  }
}
