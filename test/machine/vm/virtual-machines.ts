/** Machines as virtual machines with Debian's cloud kernel: all of the kernel is theirs, and ten seconds to boot. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { dirname, join } from 'node:path';
import type { Cloud, Tap } from '../cloud/cloud.ts';
import type { Frame, Hypervisor, Power } from '../hypervisor.ts';
import { sh, tried } from '../sh.ts';
import { copyFromDisk, makeDisk, readDisk } from './disk.ts';
import { Door, doorFiles } from './door.ts';
import { doorSocket, monitorSocket, qemu } from './qemu.ts';

export interface VirtualHardware {
  readonly vmlinuz: string;
  /** What the firmware says, as on EC2. */
  readonly instanceId: string;
  readonly memoryMib?: number;
}

/** One for each machine: it remembers where the machine is plugged in. */
export function virtualMachine({
  vmlinuz,
  instanceId,
  memoryMib = 1536,
}: VirtualHardware): Hypervisor {
  let plugged: (Tap & { readonly namespace: string }) | undefined;
  return {
    patience: { seconds: 600, lookEveryMs: 2000 },

    plug(cloud: Cloud) {
      plugged = { ...cloud.plugTap(), namespace: cloud.name };
      return plugged.address;
    },

    furnish({ root }) {
      for (const [path, { text, mode }] of Object.entries({ ...furniture, ...doorFiles })) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text, { mode });
      }
      sh('systemctl', `--root=${root}`, 'enable', '-q', 'door.service', 'systemd-networkd.service');
      // What sits there on a server without a screen is one process more to start.
      sh('systemctl', `--root=${root}`, 'disable', '-q', 'getty@tty1.service');
    },

    powerOn(frame, console) {
      if (plugged === undefined) throw new Error(`${frame.name} is not plugged in`);
      const { folder, root } = frame;
      const disk = diskOf(frame);
      if (!existsSync(disk)) makeDisk(disk, root);
      for (const socket of [doorSocket(folder), monitorSocket(folder)]) tried('rm', '-f', socket);
      const hardware = { folder, disk, vmlinuz, instanceId, memoryMib, ...plugged };
      return powerOf(qemu(hardware, console), frame);
    },

    read: (frame, path) => readDisk(diskOf(frame), path),

    journal(frame) {
      const folder = join(frame.folder, 'journal');
      copyFromDisk(diskOf(frame), 'var/log/journal', folder);
      return folder;
    },

    remove() {
      if (plugged !== undefined) tried('ip', '-n', plugged.namespace, 'link', 'del', plugged.tap);
    },
  };
}

/** The rest of what Debian's EC2 image has and a container does not: a root to mount and an address by DHCP. */
const furniture: Readonly<Record<string, { text: string; mode: number }>> = {
  'etc/fstab': { text: 'LABEL=root / ext4 defaults 0 1\n', mode: 0o644 },
  'etc/systemd/network/80-ether.network': {
    text: '[Match]\nType=ether\n\n[Network]\nDHCP=ipv4\nIPv6AcceptRA=no\n\n[DHCPv4]\nUseHostname=no\n',
    mode: 0o644,
  },
};

function powerOf(process: ReturnType<typeof qemu>, { name, folder }: Frame): Power {
  let door: Door | undefined;
  let ended = false;
  const off = new Promise<number>((resolve) =>
    process.once('exit', (code) => {
      ended = true;
      resolve(code ?? -1);
    }),
  );
  const gone = off.then(() => {
    throw new Error(`${name} went off before it was up; see its console`);
  });
  const up = async () => {
    while (!existsSync(doorSocket(folder)) && !ended)
      await new Promise((resolve) => setTimeout(resolve, 20));
    door = new Door(doorSocket(folder));
    await door.open;
  };
  return {
    off,
    up: Promise.race([up(), gone]),
    cut: () => process.kill('SIGKILL'),
    press: () => net.connect(monitorSocket(folder)).end('system_powerdown\n'),
    run: async (argv) => door?.run(argv) ?? { code: 97, stdout: '', stderr: 'not up yet' },
  };
}

function diskOf({ folder }: Frame): string {
  return join(folder, 'disk.raw');
}
