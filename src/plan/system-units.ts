/** Units of the system itself: a node needs them from its first moment to its last, in service or not. */

const units = /^(systemd-|dbus|chrony|chronyd|ssh|sshd|amazon-ssm-agent|bootstrap-agent)/;

export function isOfTheSystem(unit: string): boolean {
  return units.test(unit);
}
