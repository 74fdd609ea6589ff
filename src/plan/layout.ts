/** Layout: which step puts what at which path, and what cannot stand together. */
import type { Step } from '../resources/step.ts';
import type { Faults } from './faults.ts';

interface Holding {
  readonly step: Step;
  readonly path: string;
  readonly what: 'file' | 'directory' | 'tree';
}

/** What the agent itself writes, and where its own things are kept. */
const ownFiles: Readonly<Record<string, string>> = {
  '/etc/sysctl.d/60-bootstrap-agent.conf': 'put the parameters under sysctl',
  '/etc/modules-load.d/bootstrap-agent.conf': 'put the modules under kernel_modules',
  '/etc/modprobe.d/zz-bootstrap-agent.conf': 'put the options under kernel_modules',
};
const ownFolders = [
  '/opt/bootstrap-agent',
  '/etc/bootstrap-agent',
  '/var/lib/bootstrap-agent',
  '/var/cache/bootstrap-agent',
  '/run/bootstrap-agent',
];

export class Layout {
  readonly #holdings = new Map<string, Holding>();

  /** Takes down every path of `steps`; what cannot stand together is added to `faults`. */
  constructor(steps: readonly Step[], faults: Faults) {
    for (const step of steps)
      for (const holding of holdingsOf(step)) {
        const other = this.#holdings.get(holding.path);
        if (other === undefined) this.#holdings.set(holding.path, holding);
        else if (other.step.id !== step.id) faults.add(step.from, bothAt(holding, other));
        const own = ownedByAgent(holding.path);
        if (own !== undefined) faults.add(step.from, own);
      }
    for (const holding of this.#holdings.values()) this.#checkAbove(holding, faults);
  }

  /** Id of the nearest declared directory above `path`. */
  parentOf(path: string): string | undefined {
    for (const above of ancestors(path)) {
      const holding = this.#holdings.get(above);
      if (holding?.what === 'directory') return holding.step.id;
    }
    return undefined;
  }

  #checkAbove(holding: Holding, faults: Faults): void {
    for (const above of ancestors(holding.path)) {
      const other =
        this.#holdings.get(above) ??
        (above.endsWith('.releases')
          ? this.#holdings.get(above.slice(0, -'.releases'.length))
          : undefined);
      if (other === undefined || other.step.id === holding.step.id) continue;
      if (other.what === 'directory') continue;
      // The releases of a tree lie beside it; beside a plain file such a folder is nobody's.
      if (other.path !== above && other.what !== 'tree') continue;
      faults.add(
        holding.step.from,
        other.what === 'tree'
          ? `${holding.path} lies below ${other.path}, which is a symlink to an unpacked release (${other.step.id}): what is put there would be lost with the next release; put it beside, and point to it`
          : `${holding.path} lies below ${other.path}, which is a file (${other.step.id}), not a directory`,
      );
    }
  }
}

function holdingsOf(step: Step): Holding[] {
  if (step.kind === 'file') return [{ step, path: step.path, what: 'file' }];
  if (step.kind === 'directory') return [{ step, path: step.path, what: 'directory' }];
  if (step.kind === 'artifact') return [{ step, path: step.path, what: step.as }];
  if (step.kind !== 'service') return [];
  const unit = `/etc/systemd/system/${step.unit}`;
  const dropIn = step.dropIn !== undefined || Object.keys(step.credentials).length > 0;
  return [
    ...(step.unitFile === undefined ? [] : [{ step, path: unit, what: 'file' as const }]),
    ...(dropIn ? [{ step, path: `${unit}.d/50-bootstrap-agent.conf`, what: 'file' as const }] : []),
  ];
}

function bothAt(one: Holding, other: Holding): string {
  const kinds =
    one.what === other.what
      ? ''
      : `, as a ${one.what === 'tree' ? 'symlink to a tree' : one.what} and as a ${other.what === 'tree' ? 'symlink to a tree' : other.what}`;
  return `${one.path} is wanted twice${kinds}: by ${one.step.id} and by ${other.step.id} (${other.step.from}); keep one of them`;
}

function ownedByAgent(path: string): string | undefined {
  const instead = ownFiles[path];
  if (instead !== undefined) return `${path} is written by the agent itself; ${instead}`;
  const folder = ownFolders.find((own) => path === own || path.startsWith(`${own}/`));
  return folder === undefined
    ? undefined
    : `${path} lies in ${folder}, which belongs to the agent; choose a place of your own`;
}

/** `/a/b/c` -> `/a/b`, `/a`: nearest first, the root left out. */
function ancestors(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`);
}
