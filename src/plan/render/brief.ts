/** A step in half a line: what it comes to, beside its id. */
import type { Step } from '../../resources/step.ts';
import { bytes, counted } from './quantities.ts';

export function brief(step: Step): string {
  switch (step.kind) {
    case 'artifact': {
      const size = step.size === undefined ? '' : `${bytes(step.size)}, `;
      const kind = step.as === 'tree' ? `${step.format}, unpacked, symlink` : 'file';
      return `${size}${kind} ${step.path}, ${ownership(step)}`;
    }
    case 'directory':
    case 'file':
      return ownership(step);
    case 'user': {
      const groups = step.groups.length === 0 ? '' : `, in ${step.groups.join(', ')}`;
      const home = step.home === undefined ? '' : `, home ${step.home}`;
      return `${step.system ? 'system user' : 'user'}${home}${groups}`;
    }
    case 'secret':
      return `${counted(step.secrets.length, 'secret')}, kept in memory below /run`;
    case 'sysctl':
      return counted(Object.keys(step.settings).length, 'kernel parameter');
    case 'kernel-module':
      return step.modules.map(({ name }) => name).join(', ');
    case 'hold':
    case 'mask':
      return counted(step.units.length, 'unit');
    case 'package':
      return counted(step.packages.length, 'package');
    case 'service':
      return [
        step.state,
        step.enable ? 'enabled' : 'not enabled',
        ...(step.unitFile === undefined ? [] : ['unit of its own']),
        ...(step.dropIn === undefined ? [] : ['drop-in']),
        ...Object.entries(step.credentials).map(([name, secret]) => `${name}=«secret ${secret}»`),
      ].join(', ');
    case 'command':
      return step.argv.at(-1)?.trim().split('\n')[0] ?? '';
    case 'hostname':
      return step.hostname;
  }
}

function ownership(step: { owner: string; group: string; mode: string }): string {
  return `${step.owner}:${step.group} ${step.mode}`;
}
