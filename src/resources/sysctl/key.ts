/** Names of kernel parameters, with dots or slashes, as sysctl(8) takes them. */

/**
 * The file below /proc/sys. Whichever of `.` and `/` comes first separates; the other one then stands for itself, so that
 * the dot in `net/ipv4/conf/eth0.1/rp_filter` survives (sysctl.d(5)).
 */
export function sysctlPath(key: string): string {
  const slashesSeparate = /^[^./]*\//.test(key);
  const swapped = slashesSeparate
    ? key
    : key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
  return `/proc/sys/${swapped}`;
}

/** A value as it is compared: the kernel puts tabs between fields, people put blanks. */
export function normalised(value: string): string {
  return value.trim().split(/\s+/).join(' ');
}

/** `*` stands for the value: the kernel itself looks for an algorithm in the module of that name. */
const moduleOf: readonly [prefix: string, module: string][] = [
  ['/proc/sys/net/netfilter/', 'nf_conntrack'],
  ['/proc/sys/net/bridge/', 'br_netfilter'],
  ['/proc/sys/net/ipv4/vs/', 'ip_vs'],
  ['/proc/sys/net/ipv4/tcp_congestion_control', 'tcp_*'],
  ['/proc/sys/net/core/default_qdisc', 'sch_*'],
  ['/proc/sys/sunrpc/', 'sunrpc'],
  ['/proc/sys/fs/nfs/', 'lockd'],
];

/** The module without which a parameter, or the value wanted of it, is not there; undefined where none comes to mind. */
export function moduleBehind(path: string, wanted: string): string | undefined {
  return moduleOf.find(([prefix]) => path.startsWith(prefix))?.[1].replace('*', wanted);
}
