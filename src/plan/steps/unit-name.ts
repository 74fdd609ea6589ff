/** Names of units as roles spell them: `.service` may be left out. */

const types = /\.(service|socket|timer|target|path|mount|automount|swap|slice|scope|device)$/;

/** `tomcat10` -> `tomcat10.service`; a name that already has a type keeps it. */
export function unitName(name: string): string {
  return types.test(name) ? name : `${name}.service`;
}

/** systemd.unit(5): "Unit names"; at most 255 characters. */
export function isUnitName(unit: string): boolean {
  return /^[A-Za-z0-9:_.\\@-]{1,255}$/.test(unit);
}
