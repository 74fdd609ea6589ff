/** The simulated target groups: registered targets and their health, as a load balancer finds it by checking. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { AwsWorld, HealthCheckResult, SimulatedTargetGroup } from './world.ts';

/** States and reasons of the ELB API reference, TargetHealth. */
export interface TargetHealth {
  readonly state: 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused';
  readonly reason?: string;
  readonly description?: string;
}

interface Target {
  readonly id: string;
  readonly port: number;
  health: TargetHealth;
  /** Aborted when the target is deregistered or the simulator closes. */
  readonly gone: AbortController;
}

export class TargetGroups {
  readonly #world: AwsWorld;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #targets = new Map<string, Map<string, Target>>();

  constructor(world: AwsWorld, clock: Clock, signal: AbortSignal) {
    this.#world = world;
    this.#clock = clock;
    this.#signal = signal;
  }

  get names(): string[] {
    return Object.keys(this.#world.targetGroups ?? {});
  }

  describe(name: string): SimulatedTargetGroup | undefined {
    return this.#world.targetGroups?.[name];
  }

  arn(name: string): string {
    const sixteen = createHash('sha256').update(name).digest('hex').slice(0, 16);
    return `arn:aws:elasticloadbalancing:${this.#world.region}:${this.#world.accountId}:targetgroup/${name}/${sixteen}`;
  }

  /** Registers a target and starts checking it; one that is registered already is left as it is. */
  register(name: string, id: string, port = this.#group(name).port ?? 80): void {
    const group = this.#group(name);
    const targets = this.#targets.get(name) ?? new Map<string, Target>();
    this.#targets.set(name, targets);
    const known = targets.get(`${id}:${port}`);
    if (known !== undefined && known.health.state !== 'draining') return;
    known?.gone.abort();
    const health: TargetHealth = {
      state: 'initial',
      reason: 'Elb.RegistrationInProgress',
      description: 'Target registration is in progress',
    };
    const target = { id, port, health, gone: new AbortController() };
    this.#signal.addEventListener('abort', () => target.gone.abort(), { once: true });
    targets.set(`${id}:${port}`, target);
    void this.#checkFrom(group, target);
  }

  /** The target drains for the deregistration delay, then it is gone. */
  async deregister(name: string, id: string, port = this.#group(name).port ?? 80): Promise<void> {
    const targets = this.#targets.get(name);
    const target = targets?.get(`${id}:${port}`);
    if (targets === undefined || target === undefined) return;
    target.gone.abort();
    target.health = {
      state: 'draining',
      reason: 'Target.DeregistrationInProgress',
      description: 'Target deregistration is in progress',
    };
    const delay = (this.#group(name).deregistrationDelaySeconds ?? 300) * 1000;
    await this.#clock.sleep(delay, this.#signal).catch(() => undefined);
    // Registered anew meanwhile: that is another target under the same name.
    if (targets.get(`${id}:${port}`) === target) targets.delete(`${id}:${port}`);
  }

  registered(name: string): { id: string; port: number }[] {
    return [...(this.#targets.get(name)?.values() ?? [])].map(({ id, port }) => ({ id, port }));
  }

  health(name: string, id: string, port = this.#group(name).port ?? 80): TargetHealth {
    const target = this.#targets.get(name)?.get(`${id}:${port}`);
    if (target === undefined) {
      return {
        state: 'unused',
        reason: 'Target.NotRegistered',
        description: 'Target is not registered to the target group',
      };
    }
    if (this.#group(name).inUse === false && target.health.state !== 'draining') {
      return {
        state: 'unused',
        reason: 'Target.NotInUse',
        description: 'Target group is not configured to receive traffic from the load balancer',
      };
    }
    return target.health;
  }

  /**
   * A new target is healthy after one good check; the healthy threshold counts only for one that was unhealthy (ALB user
   * guide, target-group-health-checks).
   */
  async #checkFrom(group: SimulatedTargetGroup, target: Target): Promise<void> {
    let good = 0;
    let bad = 0;
    while (!target.gone.signal.aborted) {
      const result = await group.check({ id: target.id, port: target.port });
      if (target.gone.signal.aborted) return;
      good = result.healthy ? good + 1 : 0;
      bad = result.healthy ? 0 : bad + 1;
      const needed = target.health.state === 'unhealthy' ? (group.healthyThreshold ?? 5) : 1;
      if (good >= needed) target.health = { state: 'healthy' };
      else if (bad >= (group.unhealthyThreshold ?? 2)) target.health = unhealthy(result);
      else if (target.health.state === 'initial') target.health = checking;
      const interval = (group.intervalSeconds ?? 30) * 1000;
      await this.#clock.sleep(interval, target.gone.signal).catch(() => undefined);
    }
  }

  #group(name: string): SimulatedTargetGroup {
    const group = this.describe(name);
    if (group === undefined) throw new RangeError(`The world has no target group ${name}`);
    return group;
  }
}

const checking: TargetHealth = {
  state: 'initial',
  reason: 'Elb.InitialHealthChecking',
  description: 'Initial health checks in progress',
};

function unhealthy(result: HealthCheckResult): TargetHealth {
  if (result.healthy) return { state: 'unhealthy' };
  return { state: 'unhealthy', reason: result.reason, description: result.description };
}
