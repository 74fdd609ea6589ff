/** Connections of the machine: how many are open to its ports, as the kernel lists them. */
import { readFile } from 'node:fs/promises';

/** States in which the other side still expects something of us (include/net/tcp_states.h, proc(5)): ESTABLISHED, CLOSE_WAIT. */
const open = new Set(['01', '08']);

/** Connections from outside to these local ports; those of the machine to itself do not count. */
export async function openConnections(ports: readonly number[]): Promise<number> {
  const tables = await Promise.all(
    // A kernel without IPv6 has no tcp6.
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  return tables.reduce((sum, table) => sum + countIn(table, ports), 0);
}

/** Counts in a table as /proc/net/tcp has it: `sl local_address rem_address st ...`, addresses hexadecimal, `ADDRESS:PORT`. */
export function countIn(table: string, ports: readonly number[]): number {
  let count = 0;
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', remote = '', state = ''] = line.trim().split(/\s+/);
    const port = Number.parseInt(local.slice(local.indexOf(':') + 1), 16);
    if (open.has(state) && ports.includes(port) && !isLoopback(remote.split(':')[0] ?? ''))
      count += 1;
  }
  return count;
}

/** Four bytes in the order of the host: 127.0.0.1 is 0100007F. ::1, and 127/8 mapped into IPv6, are four such words. */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith('7F');
  const words = address.match(/.{8}/g) ?? [];
  if (address === '00000000000000000000000001000000') return true;
  return words[2] === 'FFFF0000' && (words[3]?.endsWith('7F') ?? false);
}
