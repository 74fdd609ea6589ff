/** The simulated classic load balancers: registered instances and their health, as each finds it by checking. */
import type { Clock } from '../../clock.ts';
import type { AwsWorld, SimulatedLoadBalancer } from './world.ts';

/** State, reason code and description of the ELB API reference (2012-06-01), InstanceState. */
export interface InstanceHealth {
  readonly state: 'InService' | 'OutOfService';
  readonly code: 'ELB' | 'Instance' | 'N/A';
  readonly description: string;
}

interface Registration {
  health: InstanceHealth;
  leaving: boolean;
  /** Aborted when the instance is deregistered or the simulator closes. */
  readonly gone: AbortController;
}

export class ClassicBalancers {
  readonly #balancers: Readonly<Record<string, SimulatedLoadBalancer>>;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #registered = new Map<string, Map<string, Registration>>();

  constructor(world: AwsWorld, clock: Clock, signal: AbortSignal) {
    this.#balancers = world.loadBalancers ?? {};
    this.#clock = clock;
    this.#signal = signal;
  }

  get names(): string[] {
    return Object.keys(this.#balancers);
  }

  describe(name: string): SimulatedLoadBalancer | undefined {
    return this.#balancers[name];
  }

  /** Ids of the instances that are registered, those that are leaving included. */
  registered(name: string): string[] {
    return [...this.#of(name).keys()];
  }

  /** Registers an instance and starts checking it; one that is registered already is left as it is. */
  register(name: string, id: string): void {
    const known = this.#of(name).get(id);
    if (known !== undefined && !known.leaving) return;
    const one = { health: registering, leaving: false, gone: new AbortController() };
    this.#signal.addEventListener('abort', () => one.gone.abort(), { once: true });
    this.#of(name).set(id, one);
    void this.#checkFrom(name, id, one);
  }

  /**
   * With connection draining, the instance is InService, its deregistration in progress, until requests in flight are finished,
   * or its time is over (Classic Load Balancers user guide, "Configure connection draining"); without, it is gone at once.
   */
  async deregister(name: string, id: string): Promise<void> {
    const one = this.#of(name).get(id);
    if (one === undefined || one.leaving) return;
    one.gone.abort();
    one.leaving = true;
    one.health = leaving;
    const drainSeconds = this.describe(name)?.drainSeconds ?? 0;
    if (drainSeconds > 0)
      await this.#clock.sleep(drainSeconds * 1000, this.#signal).catch(() => undefined);
    // Registered anew meanwhile: that is another registration.
    if (this.#of(name).get(id) === one) this.#of(name).delete(id);
  }

  /** Also of instances that are not, or no longer, registered (API reference, DescribeInstanceHealth). */
  health(name: string, id: string): InstanceHealth {
    return this.#of(name).get(id)?.health ?? absent;
  }

  #of(name: string): Map<string, Registration> {
    const found = this.#registered.get(name) ?? new Map<string, Registration>();
    this.#registered.set(name, found);
    return found;
  }

  /** Unlike a target group, a new instance has to pass as often as one that recovers (API reference, InstanceState). */
  async #checkFrom(name: string, id: string, one: Registration): Promise<void> {
    const balancer = this.describe(name);
    let good = 0;
    let bad = 0;
    while (balancer !== undefined && !one.gone.signal.aborted) {
      const { healthy } = await balancer.check(id);
      if (one.gone.signal.aborted) return;
      good = healthy ? good + 1 : 0;
      bad = healthy ? 0 : bad + 1;
      if (good >= (balancer.healthyThreshold ?? 10)) one.health = inService;
      else if (bad >= (balancer.unhealthyThreshold ?? 2)) one.health = failing;
      else if (one.health === registering) one.health = passing;
      const interval = (balancer.intervalSeconds ?? 30) * 1000;
      await this.#clock.sleep(interval, one.gone.signal).catch(() => undefined);
    }
  }
}

const inService: InstanceHealth = { state: 'InService', code: 'N/A', description: 'N/A' };
const registering: InstanceHealth = {
  state: 'OutOfService',
  code: 'ELB',
  description: 'Instance registration is still in progress.',
};
const passing: InstanceHealth = {
  state: 'OutOfService',
  code: 'Instance',
  description:
    'Instance has not passed the configured HealthyThreshold number of health checks consecutively.',
};
const failing: InstanceHealth = {
  state: 'OutOfService',
  code: 'Instance',
  description:
    'Instance has failed at least the UnhealthyThreshold number of health checks consecutively.',
};
const leaving: InstanceHealth = {
  state: 'InService',
  code: 'N/A',
  description: 'Instance deregistration currently in progress.',
};
const absent: InstanceHealth = {
  state: 'OutOfService',
  code: 'Instance',
  description: 'Instance is not currently registered with the LoadBalancer.',
};
