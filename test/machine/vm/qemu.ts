/** How a virtual machine is run: emulated by QEMU, with the devices and the firmware's words of a Nitro instance. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { portName } from './door.ts';

export interface Hardware {
  readonly folder: string;
  readonly disk: string;
  readonly vmlinuz: string;
  readonly instanceId: string;
  readonly memoryMib: number;
  /** Network namespace and tap device in it. */
  readonly namespace: string;
  readonly tap: string;
  readonly mac: string;
}

export const doorSocket = (folder: string) => `${folder}/door.sock`;
export const monitorSocket = (folder: string) => `${folder}/monitor.sock`;
/** For whoever comes after a run that died. */
export const pidFile = (folder: string) => `${folder}/qemu.pid`;

/** Switches it on. A reboot inside ends the process, as it ends a container. */
export function qemu(hardware: Hardware, console: number): ChildProcess {
  const { folder, disk, vmlinuz, instanceId, memoryMib, namespace, tap, mac } = hardware;
  // EC2 user guide, "Detect whether a host is an EC2 instance": the UUID begins with ec2; on Nitro the serial number is
  // the same, and the asset tag of the board is the instance id.
  const uuid = `ec2${instanceId.slice(2, 7)}-0000-4000-8000-${instanceId.slice(-12)}`;
  const argv = [
    ...[
      '-M',
      'q35',
      '-accel',
      'tcg,thread=multi',
      '-cpu',
      'max',
      '-smp',
      '2',
      '-m',
      `${memoryMib}`,
    ],
    ...['-display', 'none', '-nodefaults', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', vmlinuz],
    // Mitigations cost a third of an emulated boot, and protect nobody here. On a busy host the emulated timer is too late for
    // the kernel's check of it, which ends in a panic.
    ...['-append', 'root=/dev/nvme0n1 rw console=ttyS0 quiet mitigations=off no_timer_check'],
    // Write-back: what the guest has written is safe, what it only holds in memory is lost when the process is killed.
    ...['-drive', `if=none,id=root,file=${disk},format=raw,cache=writeback`],
    ...['-device', 'nvme,drive=root,serial=vol0aaaaaaaaaaaaaaaa'],
    ...['-netdev', `tap,id=n0,ifname=${tap},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=n0,mac=${mac},romfile=`],
    ...['-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
    ...['-chardev', `socket,id=door,path=${doorSocket(folder)},server=on,wait=off`],
    ...['-device', `virtserialport,chardev=door,name=${portName}`],
    ...['-monitor', `unix:${monitorSocket(folder)},server=on,wait=off`],
    ...['-smbios', 'type=0,vendor=Amazon EC2'],
    ...['-smbios', `type=1,manufacturer=Amazon EC2,product=m5.large,uuid=${uuid},serial=${uuid}`],
    ...['-smbios', `type=2,manufacturer=Amazon EC2,asset=${instanceId}`],
    ...['-smbios', 'type=3,manufacturer=Amazon EC2'],
  ];
  const inside = ['ip', 'netns', 'exec', namespace, 'qemu-system-x86_64', ...argv];
  // The kernel ends it together with the process that tests.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...inside], {
    stdio: ['ignore', console, console],
  });
  writeFileSync(pidFile(folder), `${child.pid}`);
  return child;
}
