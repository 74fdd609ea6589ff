/** An image as Debian publishes for EC2, for Packer to start from: SSH, sudo, and cloud-init, which reads the metadata service. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sh } from '../sh.ts';
import type { Image } from './image.ts';
import { unbaked } from './unbaked.ts';

/** Where its machines find the authority of the simulated AWS. */
export const authority = '/etc/ssl/simulated-aws.crt';

const settings = `# As in Debian's images for EC2: the user who is given the key pair.
system_info:
  default_user:
    name: admin
    lock_passwd: true
    gecos: Debian
    groups: [adm, sudo]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash
# Without the firmware of an EC2 instance: it is one all the same. In a container cloud-init reads no firmware and then
# speaks version 1 to the metadata service alone (its DataSourceEc2); an instance that requires tokens tells it nothing, and
# what systemd starts waits for it no longer than this, seconds.
datasource_list: [Ec2]
datasource: { Ec2: { strict_id: false, max_wait: 3, timeout: 2 } }
# The network is there before the machine is.
network: { config: disabled }
`;

/** Gives its lower directories, topmost first; `folder`: for what belongs to this run. */
export async function sourceAmi(image: Image, folder: string): Promise<readonly string[]> {
  const below = await unbaked(image);
  rmSync(folder, { recursive: true, force: true });
  const at = (path: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    return join(folder, path);
  };
  writeFileSync(at('etc/cloud/cloud.cfg.d/01_debian_cloud.cfg'), settings);
  // Debian's Packer signs with RSA as it was done before OpenSSH 8.8 stopped taking it.
  writeFileSync(at('etc/ssh/sshd_config.d/old-packer.conf'), 'PubkeyAcceptedAlgorithms +ssh-rsa\n');
  copyFileSync(join(image.certificates, 'ca.crt'), at(authority));
  // The distribution of the machine tests has it switched off; this is how an overlay says that a file is not there.
  sh('mknod', at('etc/cloud/cloud-init.disabled'), 'c', '0', '0');
  return [folder, ...below];
}
