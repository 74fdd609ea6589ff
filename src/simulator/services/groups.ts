/** The simulated Auto Scaling groups: which instances each has, and how their launches stand. */
import type { Clock } from '../../clock.ts';
import { ConfigError } from '../../errors.ts';
import type { HookOutcome } from './hook-action.ts';
import { Launch, type Power } from './launch.ts';
import type { TargetGroups } from './targets.ts';
import type { AwsWorld, SimulatedGroup, SimulatedHook, SimulatedMember } from './world.ts';

/** A group as it stood when it was looked at. */
export interface GroupView {
  readonly name: string;
  /** Names of the hooks that it has now. */
  readonly hooks: readonly string[];
  readonly instances: Readonly<Record<string, InstanceView>>;
}

export interface InstanceView {
  readonly lifecycleState: string;
  /** Every state so far, with the time it began (milliseconds since the epoch). */
  readonly history: readonly { readonly state: string; readonly at: number }[];
  /** By hook name: the actions opened for this launch. */
  readonly actions: Readonly<Record<string, ActionView>>;
}

export interface ActionView {
  readonly token: string;
  readonly startedAt: number;
  readonly heartbeats: number;
  /** Absent while the hook still waits. */
  readonly outcome?: HookOutcome;
}

interface Membership {
  readonly group: string;
  readonly member: SimulatedMember;
  readonly launch: Launch;
}

/** Who carries out what a group decides about an instance. */
export interface Followers {
  /** Told the state that it is brought to, as its metadata shows it. */
  heads(instanceId: string, targetState: string): void;
  power(instanceId: string, how: Power): void;
  replaceRootVolume(instanceId: string): void;
}

export class Groups {
  readonly #world: AwsWorld;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #targets: TargetGroups;
  readonly #launches = new Map<string, Membership>();
  /** As they stand now, by group and name. */
  readonly #hooks = new Map<string, Record<string, SimulatedHook>>();
  readonly #follow: Followers;

  constructor(
    world: AwsWorld,
    clock: Clock,
    signal: AbortSignal,
    targets: TargetGroups,
    follow: Followers,
  ) {
    this.#world = world;
    this.#clock = clock;
    this.#signal = signal;
    this.#targets = targets;
    this.#follow = follow;
    for (const [group, { instances, targetGroups = [], hooks = {} }] of Object.entries(
      world.groups,
    )) {
      this.#hooks.set(group, {});
      for (const [name, hook] of Object.entries(hooks)) this.#plan(group, name, hook);
      const absent = targetGroups.find((name) => targets.describe(name) === undefined);
      if (absent !== undefined) {
        throw new ConfigError(
          `The simulated group ${group} names the target group ${absent}, which the scenario does not describe; it describes: ${targets.names.join(', ') || 'none'}`,
        );
      }
      for (const [instanceId, member] of Object.entries(instances))
        this.#enter(group, instanceId, member);
    }
  }

  /** Starts every launch. */
  launch(): void {
    for (const { launch } of this.#launches.values()) void launch.start();
  }

  /** One instance more: its launch begins now. Throws RangeError where there is no such group. */
  join(group: string, instanceId: string, member: SimulatedMember): void {
    void this.#enter(group, instanceId, member).start();
  }

  /** Launches that have begun do not wait for a new hook (Auto Scaling user guide, adding-lifecycle-hooks). */
  putHook(group: string, name: string, hook: SimulatedHook): void {
    const hooks = this.#hooks.get(group);
    if (hooks !== undefined) hooks[name] = hook;
  }

  /** False where there is no such hook. */
  deleteHook(group: string, name: string): boolean {
    const hooks = this.#hooks.get(group) ?? {};
    const hook = hooks[name];
    if (hook === undefined) return false;
    delete hooks[name];
    for (const { launch } of this.members(group)) launch.hookDeleted(name, hook);
    return true;
  }

  #plan(group: string, name: string, hook: SimulatedHook): void {
    const { createdAfterMs, deletedAfterMs } = hook;
    const put = () => this.putHook(group, name, hook);
    const remove = () => void this.deleteHook(group, name);
    const after = (ms: number, act: () => void) =>
      this.#clock.sleep(ms, this.#signal).then(act, () => undefined);
    if (createdAfterMs === undefined) put();
    else void after(createdAfterMs, put);
    if (deletedAfterMs !== undefined) void after(deletedAfterMs, remove);
  }

  #enter(group: string, instanceId: string, member: SimulatedMember): Launch {
    const described = this.describe(group);
    if (described === undefined) throw new RangeError(`The world has no group ${group}`);
    const register = () => {
      for (const name of described.targetGroups ?? []) this.#targets.register(name, instanceId);
    };
    const deregister = async () => {
      const names = described.targetGroups ?? [];
      await Promise.all(names.map((name) => this.#targets.deregister(name, instanceId)));
    };
    const { hooks } = described;
    const [clock, signal] = [this.#clock, this.#signal];
    const follow = this.#follow;
    const way = {
      register,
      deregister,
      heads: (targetState: string) => follow.heads(instanceId, targetState),
      power: (how: Power) => follow.power(instanceId, how),
      replaceRootVolume: () => follow.replaceRootVolume(instanceId),
    };
    const launch = new Launch({ instanceId, member, hooks, clock, signal, ...way });
    this.#launches.set(instanceId, { group, member, launch });
    return launch;
  }

  find(instanceId: string): Membership | undefined {
    return this.#launches.get(instanceId);
  }

  /** The instance of a group whose hook waits under this token. */
  findByToken(group: string, hook: string, token: string): Launch | undefined {
    return this.members(group)
      .map(({ launch }) => launch)
      .find((launch) => launch.openAction(hook, token) !== undefined);
  }

  members(group: string): { instanceId: string; launch: Launch }[] {
    return [...this.#launches]
      .filter(([, one]) => one.group === group)
      .map(([instanceId, { launch }]) => ({ instanceId, launch }));
  }

  describe(name: string): SimulatedGroup | undefined {
    const group = this.#world.groups[name];
    return group && { ...group, hooks: this.#hooks.get(name) ?? {} };
  }

  targetGroupArns(name: string): string[] {
    return (this.describe(name)?.targetGroups ?? []).map((one) => this.#targets.arn(one));
  }

  get names(): string[] {
    return Object.keys(this.#world.groups);
  }

  view(name: string): GroupView | undefined {
    if (this.describe(name) === undefined) return undefined;
    const views = this.members(name).map(({ instanceId, launch }) => [instanceId, viewOf(launch)]);
    return {
      name,
      hooks: Object.keys(this.#hooks.get(name) ?? {}),
      instances: Object.fromEntries(views),
    };
  }
}

function viewOf(launch: Launch): InstanceView {
  const actions = [...launch.actions].map(([hook, { token, startedAt, heartbeats, outcome }]) => [
    hook,
    { token, startedAt, heartbeats, ...(outcome && { outcome }) },
  ]);
  return {
    lifecycleState: launch.state,
    history: [...launch.history],
    actions: Object.fromEntries(actions),
  };
}
