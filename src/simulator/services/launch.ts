/** One instance in a group, as Auto Scaling sees it: Pending, its hooks, InService, and the ways out of that. */
import type { Clock } from '../../clock.ts';
import { HookAction, type HookResult } from './hook-action.ts';
import type { PoolState, SimulatedGroup, SimulatedHook, SimulatedMember } from './world.ts';

export interface LaunchOptions {
  readonly instanceId: string;
  readonly member: SimulatedMember;
  readonly hooks: SimulatedGroup['hooks'];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Registers the instance with the group's target groups: after Pending:Proceed, before InService. */
  readonly register: () => void;
  /** Resolves when the instance is deregistered everywhere: after the deregistration delay. */
  readonly deregister: () => Promise<void>;
  /** Told where the instance is being brought, when that begins. */
  readonly heads: (targetState: string) => void;
  /** Switches its machine, which lies in a warm pool without power, or comes out of there. */
  readonly power: (how: Power) => void;
  readonly replaceRootVolume: () => void;
}

export type Power = 'stop' | 'hibernate' | 'start';

/** The ways in which a group takes an instance out of service. */
export type Departure = 'terminate' | 'warm-pool' | 'standby' | 'detach';

/** How long a terminating instance takes to be gone, milliseconds: a time of the simulator's own. */
const terminationMs = 30_000;

export class Launch {
  readonly actions = new Map<string, HookAction>();
  /** Every state so far with the time it began, milliseconds since the epoch. */
  readonly history: { readonly state: string; readonly at: number }[] = [];
  readonly #options: LaunchOptions;
  /** The warm pool that it is in, or on the way to. */
  #pool: PoolState | undefined;

  constructor(options: LaunchOptions) {
    this.#options = options;
    this.#pool = options.member.pool;
    this.#enter(options.member.lifecycleState ?? `${this.#warmed}Pending`);
  }

  get state(): string {
    return this.history.at(-1)?.state ?? 'Pending';
  }

  /** Terminated, or no member of its group any more. */
  get isGone(): boolean {
    return /^(Detached|(Warmed:)?Terminated)$/.test(this.state);
  }

  /** Starts the launch; an instance that was described as past it stays as it is. */
  async start(): Promise<void> {
    const { member, clock, signal } = this.#options;
    if (member.lifecycleState !== undefined) {
      if (member.lifecycleState === 'InService') this.#options.register();
      if (member.lifecycleState !== 'RootVolumeReplaced') return;
    }
    const pending = member.waitsAfterMs ?? 0;
    if (pending > 0) await clock.sleep(pending, signal).catch(() => undefined);
    if (signal.aborted) return;
    if (this.state === 'RootVolumeReplaced') this.#enter('Pending');
    this.#openHooks();
  }

  /** The open action of a hook, found by the hook's name, or by its token where one is given. */
  openAction(hook: string, token?: string): HookAction | undefined {
    const action = this.actions.get(hook);
    if (action === undefined || action.outcome !== undefined) return undefined;
    return token === undefined || token === action.token ? action : undefined;
  }

  /**
   * A hook of the group was deleted: outstanding actions are completed first, with ABANDON for launching and CONTINUE for
   * terminating instances (Auto Scaling API reference, DeleteLifecycleHook).
   */
  hookDeleted(name: string, { transition }: SimulatedHook): void {
    const result = transition === 'launching' ? 'ABANDON' : 'CONTINUE';
    this.openAction(name)?.finish(result, 'hook deleted');
  }

  /**
   * Takes the instance out of service. It is deregistered and drained first, and waits for its terminating hooks after
   * that (Auto Scaling user guide, ec2-auto-scaling-lifecycle); standby and detaching run no hooks (lifecycle-hooks). Back
   * into a warm pool the way leads past the terminating hooks and then past the launching ones (warm-pool-instance-lifecycle).
   */
  async leave(how: Departure): Promise<void> {
    const { heads, deregister, signal } = this.#options;
    const { pool = 'Stopped' } = this.#options.member;
    const ends = how === 'terminate' ? this.#warmed : '';
    const onTheWay = `${ends}${ways[how][0]}`;
    const targetState = how === 'warm-pool' ? `Warmed:${pool}` : `${ends}${ways[how][1]}`;
    this.#enter(onTheWay);
    heads(targetState);
    await deregister();
    if (signal.aborted) return;
    if (how === 'standby' || how === 'detach') return this.#enter(targetState);
    if (!(await this.#passHooks('terminating', `${ends}Terminating`))) return;
    if (how === 'warm-pool') {
      this.#pool = pool;
      this.#enter('Warmed:Pending');
      this.#openHooks();
    } else if (!signal.aborted) this.#enter(targetState);
  }

  /**
   * Out of the warm pool: the group wants it in service (Auto Scaling user guide, warm-pool-instance-lifecycle). One that is
   * still on its way into the pool goes on in the same wait.
   */
  serve(): void {
    if (this.#pool === undefined) return;
    if (/^Warmed:(Stopped|Hibernated)$/.test(this.state)) this.#options.power('start');
    this.#pool = undefined;
    this.#options.heads('InService');
    const waits = this.state.endsWith(':Wait');
    this.#enter(waits ? 'Pending:Wait' : 'Pending');
    if (!waits) this.#openHooks();
  }

  /** Back from standby: registered again, without any hook. */
  returns(): void {
    this.#options.heads('InService');
    this.#enter('Pending');
    this.#proceed();
  }

  /**
   * An instance refresh by the strategy ReplaceRootVolume: it waits for its terminating hooks, gets the volume, and waits for
   * its launching ones (Auto Scaling user guide, "Replace root volumes during instance refresh"). What the metadata say
   * meanwhile is not written there; the name of the state that it is brought to stands for it here.
   */
  async replaceRoot(): Promise<void> {
    const { heads, deregister, replaceRootVolume, signal } = this.#options;
    this.#enter('ReplacingRootVolume');
    heads('RootVolumeReplaced');
    await deregister();
    if (signal.aborted || !(await this.#passHooks('terminating', 'ReplacingRootVolume'))) return;
    replaceRootVolume();
    this.#enter('RootVolumeReplaced');
    heads('InService');
    this.#enter('Pending');
    this.#openHooks();
  }

  /** Waits for the hooks of a transition; an ABANDON when terminating only ends the wait. False where the simulator closed. */
  async #passHooks(transition: 'launching' | 'terminating', state: string): Promise<boolean> {
    const { hooks = {}, instanceId, clock, signal } = this.#options;
    const open = Object.entries(hooks).filter(([, hook]) => hook.transition === transition);
    if (open.length > 0) this.#enter(`${state}:Wait`);
    await Promise.race([
      Promise.all(
        open.map(
          ([name, hook]) =>
            new Promise<void>((resolve) => {
              const ended = () => resolve();
              this.actions.set(
                name,
                new HookAction({ name, instanceId, hook, clock, signal, ended }),
              );
            }),
        ),
      ),
      new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
    ]);
    if (signal.aborted) return false;
    this.#enter(`${state}:Proceed`);
    return true;
  }

  /** All launching hooks wait at the same time, each with its own timeout. */
  #openHooks(): void {
    const { hooks = {}, instanceId, clock, signal } = this.#options;
    const launching = Object.entries(hooks).filter(([, hook]) => hook.transition === 'launching');
    if (launching.length === 0) {
      this.#proceed();
      return;
    }
    this.#enter(`${this.#warmed}Pending:Wait`);
    for (const [name, hook] of launching) {
      const ended = ({ result }: { result: HookResult }) => this.#ended(result);
      this.actions.set(name, new HookAction({ name, instanceId, hook, clock, signal, ended }));
    }
  }

  /** Any ABANDON terminates; CONTINUE of all lets it proceed (Auto Scaling user guide, adding-lifecycle-hooks). */
  #ended(result: HookResult): void {
    if (!/^(Warmed:)?Pending:Wait$/.test(this.state)) return;
    if (result === 'ABANDON') {
      void this.#terminate();
      return;
    }
    const open = [...this.actions.values()].some((action) => action.outcome === undefined);
    if (!open) this.#proceed();
  }

  /** Order of the Auto Scaling user guide, ec2-auto-scaling-lifecycle: hook done, registered, in service. */
  #proceed(): void {
    this.#enter(`${this.#warmed}Pending:Proceed`);
    if (this.#pool === undefined) this.#options.register();
    this.#enter(this.#pool === undefined ? 'InService' : `Warmed:${this.#pool}`);
    if (this.#pool === 'Stopped') this.#options.power('stop');
    if (this.#pool === 'Hibernated') this.#options.power('hibernate');
  }

  async #terminate(): Promise<void> {
    const { clock, signal } = this.#options;
    const warmed = this.#warmed;
    this.#enter(`${warmed}Terminating`);
    for (const action of this.actions.values()) action.finish('ABANDON', 'cancelled');
    await clock.sleep(terminationMs, signal).catch(() => undefined);
    if (!signal.aborted) this.#enter(`${warmed}Terminated`);
  }

  /** What the names of the states begin with. */
  get #warmed(): '' | 'Warmed:' {
    return this.#pool === undefined ? '' : 'Warmed:';
  }

  #enter(state: string): void {
    this.history.push({ state, at: this.#options.clock.now() });
  }
}

/** The state on the way, and the one that metadata names as the target. */
const ways: Readonly<Record<Departure, readonly [onTheWay: string, target: string]>> = {
  terminate: ['Terminating', 'Terminated'],
  'warm-pool': ['Terminating', 'Warmed:Stopped'],
  standby: ['EnteringStandby', 'Standby'],
  detach: ['Detaching', 'Detached'],
};
