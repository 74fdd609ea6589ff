/** Steps of the system itself: host name, packages, users. */
import type { HostnameStep, PackageSpec, PackageStep, UserStep } from '../../resources/step.ts';
import type { FilledRole } from '../../roles/filled-role.ts';
import type { Faults } from '../faults.ts';

export function hostnameSteps({ document }: FilledRole, faults: Faults): HostnameStep[] {
  const { hostname } = document;
  if (hostname === undefined) return [];
  // hostname(7): labels of letters, digits and hyphens, 63 characters each; the kernel takes 64 in all.
  const label = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
  if (hostname.length > 64 || !new RegExp(`^${label}(\\.${label})*$`).test(hostname))
    faults.add(
      'hostname',
      `"${hostname}" is not a host name: letters, digits, hyphens and dots, at most 64 characters`,
    );
  return [{ kind: 'hostname', id: 'hostname', needs: [], from: 'hostname', hostname }];
}

/** All packages in one step, so that apt or dnf runs once. */
export function packageSteps({ document }: FilledRole, faults: Faults): PackageStep[] {
  const packages = Object.entries(document.packages).map(([name, wanted]): PackageSpec => {
    if (typeof wanted === 'string') return { apt: name, dnf: name, wanted };
    if (wanted.apt === undefined && wanted.dnf === undefined)
      faults.add(
        `packages.${name}`,
        `names neither apt nor dnf; wanted "present", or { apt: ${name}, dnf: ${name} }`,
      );
    return {
      ...(wanted.apt === undefined ? {} : { apt: wanted.apt }),
      ...(wanted.dnf === undefined ? {} : { dnf: wanted.dnf }),
      wanted: wanted.wanted ?? 'present',
    };
  });
  if (packages.length === 0) return [];
  return [{ kind: 'package', id: 'packages', needs: [], from: 'packages', packages }];
}

export function userSteps({ document }: FilledRole): UserStep[] {
  return Object.entries(document.users).map(([name, user]) => ({
    kind: 'user',
    id: `user:${name}`,
    needs: [],
    from: `users.${name}`,
    name,
    system: user.system ?? true,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    ...(user.group === undefined ? {} : { group: user.group }),
    groups: user.groups ?? [],
    ...(user.home === undefined ? {} : { home: user.home }),
    shell: user.shell ?? '/usr/sbin/nologin',
  }));
}
