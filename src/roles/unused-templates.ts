/** Template files that no role uses: left over, or the name in a role has a fault. */
import type { Fault } from './fault.ts';
import { dataOf } from './layer.ts';
import type { ReadRole } from './read-role.ts';
import type { RoleDocument } from './schema.ts';

/** A warning for each; none while a role cannot be read, since what it uses is not known then. */
export function unusedTemplates(roles: readonly ReadRole[], templates: readonly string[]): Fault[] {
  if (roles.some((role) => role.faults.length > 0)) return [];
  const layers = roles.flatMap((role) => [role.layer, ...role.overrides.map(({ layer }) => layer)]);
  const used = new Set(
    layers.flatMap((layer) => {
      const { files } = dataOf(layer) as RoleDocument;
      return Object.values(files ?? {}).map(({ template }) => template);
    }),
  );
  return templates
    .filter((name) => !used.has(name) && !name.endsWith('.md'))
    .map((name) => ({
      source: name,
      path: '',
      message: 'no role uses this template file',
      severity: 'warning',
    }));
}
