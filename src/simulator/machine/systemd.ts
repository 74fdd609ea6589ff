/** The simulated systemd: units that start, listen, fail and stop as the machine's description says. */
import type { Clock } from '../../clock.ts';
import type { Files } from '../../host/host.ts';
import type { MachineDescription, ServiceDescription } from './description.ts';
import type { Listeners } from './listeners.ts';
import { findUnit, setting, textOf, type UnitFile, wantedBy } from './unit-files.ts';

export interface UnitState {
  active: 'active' | 'inactive' | 'failed';
  result: 'success' | 'exit-code';
  exitStatus: number;
  readonly log: string[];
  /** When it last left inactive, and when it was active, milliseconds of the machine's clock; 0: never. */
  startedMs: number;
  activeMs: number;
  /** Aborted when the unit stops or fails: ends what it still waits for. */
  running: AbortController;
}

export class Systemd {
  readonly #files: Files;
  readonly #services: Readonly<Record<string, ServiceDescription>>;
  readonly #clock: Clock;
  readonly #listeners: Listeners;
  readonly #states = new Map<string, UnitState>();
  /** Each unit as it was loaded; a reload reads it again. */
  readonly #loaded = new Map<string, UnitFile>();

  constructor(files: Files, description: MachineDescription, clock: Clock, listeners: Listeners) {
    this.#files = files;
    this.#services = description.services ?? {};
    this.#clock = clock;
    this.#listeners = listeners;
  }

  stateOf(unit: string): UnitState {
    let state = this.#states.get(unit);
    if (state === undefined) {
      state = {
        active: 'inactive',
        result: 'success',
        exitStatus: 0,
        log: [],
        startedMs: 0,
        activeMs: 0,
        running: new AbortController(),
      };
      this.#states.set(unit, state);
    }
    return state;
  }

  /**
   * The unit as loaded, and whether its files changed since; undefined where there is none. A drop-in that came later is
   * not seen before the next reload, as with systemd 252.
   */
  async load(unit: string): Promise<(UnitFile & { stale: boolean }) | undefined> {
    const loaded = this.#loaded.get(unit);
    // Nothing refers to a masked unit: systemd forgets it at once, and looks for it again when asked.
    if (loaded !== undefined && !loaded.masked) {
      const now = await textOf(this.#files, loaded);
      return { ...loaded, stale: now !== loaded.text };
    }
    const found = await findUnit(this.#files, unit);
    if (found === undefined) return undefined;
    this.#loaded.set(unit, found);
    return { ...found, stale: false };
  }

  /** Reads every loaded unit again; forgets those that are gone. */
  async reload(): Promise<void> {
    for (const unit of [...this.#loaded.keys()]) {
      this.#loaded.delete(unit);
      await this.load(unit);
    }
  }

  /** True once it runs; false where it fails to start. Of a unit that is loaded. */
  async start(unit: string): Promise<boolean> {
    const state = this.stateOf(unit);
    if (state.active === 'active') return true;
    const service = this.#services[unit] ?? {};
    state.running = new AbortController();
    state.startedMs = this.#clock.monotonic();
    state.log.push(...(service.log ?? []), `simulated: ${unit} starts`);
    if (service.fails === 'to start') {
      this.#fail(unit, state);
      return false;
    }
    const found = await this.load(unit);
    if (found !== undefined && setting(found.text, 'Type') === 'oneshot') {
      state.active = setting(found.text, 'RemainAfterExit') === 'yes' ? 'active' : 'inactive';
      return true;
    }
    state.active = 'active';
    state.activeMs = this.#clock.monotonic();
    state.result = 'success';
    state.exitStatus = 0;
    this.#later(state, service.ready_after_ms ?? 0, async () => {
      for (const listen of service.listens ?? []) await this.#listeners.open(listen);
      if (state.running.signal.aborted) await this.#closePorts(service);
    });
    const failsAfter = /^after (\d+) ms$/.exec(service.fails ?? '')?.[1];
    if (failsAfter !== undefined) {
      this.#later(state, Number(failsAfter), async () => {
        this.#fail(unit, state);
        await this.#closePorts(service);
      });
    }
    return true;
  }

  async stop(unit: string, signal?: AbortSignal): Promise<void> {
    const state = this.stateOf(unit);
    const service = this.#services[unit] ?? {};
    if (state.active === 'active') {
      await this.#clock.sleep(service.stops_after_ms ?? 0, signal);
      state.log.push(`simulated: ${unit} stopped`);
    }
    state.running.abort();
    state.active = 'inactive';
    await this.#closePorts(service);
  }

  async close(): Promise<void> {
    for (const [unit, state] of this.#states) {
      state.running.abort();
      await this.#closePorts(this.#services[unit] ?? {});
    }
  }

  async enablement(unit: string, text: string): Promise<'enabled' | 'disabled' | 'static'> {
    const links = wantedBy(unit, text);
    if (links.length === 0) return 'static';
    const there = await Promise.all(links.map((link) => this.#files.stat(link)));
    return there.every((stat) => stat !== undefined) ? 'enabled' : 'disabled';
  }

  #fail(unit: string, state: UnitState): void {
    state.active = 'failed';
    state.result = 'exit-code';
    state.exitStatus = 1;
    state.running.abort();
    state.log.push(`simulated: ${unit} exited with status 1`);
  }

  /** Does something after a while, unless the unit was stopped meanwhile. */
  #later(state: UnitState, ms: number, what: () => Promise<void>): void {
    const { signal } = state.running;
    this.#clock.sleep(ms, signal).then(
      () => (signal.aborted ? undefined : what()),
      () => undefined,
    );
  }

  async #closePorts(service: ServiceDescription): Promise<void> {
    for (const listen of service.listens ?? []) await this.#listeners.close(listen);
  }
}
