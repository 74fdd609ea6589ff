/** What a person gets wrong about a node, and how its boot must end: one entry for each mistake. */

export interface WrongBoot {
  readonly mistake: string;
  /** Changes the tomcat scenario. */
  readonly yaml?: string;
  /** Files beside scenario.yaml. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly exit: 1 | 69 | 78;
  /** `none`: nobody could say which group this is, or nothing may be signalled. */
  readonly told: 'ABANDON' | 'none';
  /** What the reason must say, faults included: what was wanted, what was found, where to change it. */
  readonly says: readonly (string | RegExp)[];
}

const bucket = 'acme-releases-eu-west-1';
const userData = (text: string) => ({ 'user-data': `#bootstrap-agent\n${text}` });
const role = (text: string) => ({ 'roles/tomcat.yaml': text });
const releaseManifest = (document: string) =>
  `aws: { buckets: { ${bucket}: { shop/1.4.2/release.json: { text: '${document}' } } } }\n`;
const agentYaml = (text: string) => ({ 'agent.yaml': text });

export const wrongBoots: readonly WrongBoot[] = [
  {
    mistake: 'two typos in a role',
    files: role('packges: { x: present }\nservices:\n  tomcat10: { enabel: true }\n'),
    exit: 78,
    told: 'ABANDON',
    says: [
      /roles\/tomcat\.yaml:1:1: packges: unknown key "packges" \(did you mean "packages"\?\)/,
      /roles\/tomcat\.yaml:3:15: services\.tomcat10\.enabel: .* \(did you mean "enable"\?\)/,
    ],
  },
  {
    mistake: 'templates that name what is not there',
    files: {
      ...role(
        'files:\n  /etc/x: { template: templates/x }\n  /etc/y: { content: "{{ values.nope }}" }\n',
      ),
      'roles/templates/x': 'first\n{{ facts.vcpsu }}\n',
    },
    exit: 78,
    told: 'ABANDON',
    says: [/templates\/x:2:4: .*no fact "vcpsu" \(did you mean "vcpus"\?\)/, 'no value "nope"'],
  },
  {
    mistake: 'a template that is not UTF-8',
    files: {
      ...role('files:\n  /etc/x: { template: templates/x }\n'),
      'roles/templates/x': Buffer.from('caf\xe9\n', 'latin1'),
    },
    exit: 78,
    told: 'ABANDON',
    says: ['tomcat.yaml:2:23: ', 'the template file "templates/x" is not UTF-8 text: save it'],
  },
  {
    mistake: 'no class anywhere',
    yaml: 'instance: { tags: { Class: null } }\n',
    exit: 78,
    told: 'ABANDON',
    says: ['the instance tag Class', 'Tags seen: Environment, Name', 'launch template'],
  },
  {
    mistake: 'an empty folder of roles',
    files: { 'roles/readme.md': 'no role here' },
    exit: 78,
    told: 'ABANDON',
    says: ['No roles in', 'it holds no *.yaml file', '<class>.yaml'],
  },
  {
    mistake: 'an agent.yaml with two faults',
    files: agentYaml('deadline: soon\nclas: tomcat\n'),
    exit: 78,
    told: 'ABANDON',
    says: [/agent\.yaml:1:11: deadline: must be a number, found "soon"/, /:2:1: clas: .*"class"/],
  },
  {
    mistake: 'an agent.yaml that is no YAML',
    files: agentYaml('deadline: [1\n'),
    exit: 78,
    told: 'ABANDON',
    says: [/agent\.yaml:2:1: not valid YAML/],
  },
  {
    mistake: 'user data with an unknown key',
    files: userData('clas: tomcat\n'),
    exit: 78,
    told: 'ABANDON',
    says: ['user data', 'line 2, column 1', 'Did you mean "class"?', 'launch template'],
  },
  {
    mistake: 'a release that YAML takes for a number',
    files: userData('release: 1.10\n'),
    exit: 78,
    told: 'ABANDON',
    says: ['the number 1.1', 'put it in quotes', 'launch template'],
  },
  {
    mistake: 'a MIME message that is cut off',
    files: {
      'user-data':
        'Content-Type: multipart/mixed; boundary="x"\nMIME-Version: 1.0\n\n--x\nContent-Type: application/x-bootstrap-agent+yaml\n\nrelease: "1"\n',
    },
    exit: 78,
    told: 'ABANDON',
    says: ['never closed', 'launch template'],
  },
  {
    mistake: 'two typos in the role of user data',
    files: userData('role:\n  servces: {}\n  probes: { shop: { deadlin: 5 } }\n'),
    exit: 78,
    told: 'ABANDON',
    says: [/user data:3:3: role\.servces: .*"services"/, /user data:4:21: .*"deadline"/],
  },
  {
    mistake: 'a bucket that is not there',
    yaml: 'instance: { region: us-east-1, zone: us-east-1a }\n',
    exit: 78,
    told: 'ABANDON',
    says: ['release.pointer', 'NoSuchBucket', /bucket acme-releases-us-east-1 .*correct its name/],
  },
  {
    mistake: 'a bucket of another region',
    yaml: `aws: { bucket_regions: { ${bucket}: us-east-1 } }\n`,
    exit: 78,
    told: 'ABANDON',
    says: ['It is in the region us-east-1, not in eu-west-1'],
  },
  {
    mistake: 'no right to read S3',
    yaml: 'instance: { started_seconds_ago: 300 }\naws: { denied: ["s3:GetObject"] }\n',
    exit: 78,
    told: 'ABANDON',
    says: [`must be allowed s3:GetObject on arn:aws:s3:::${bucket}/shop/current`, 's3:ListBucket'],
  },
  {
    mistake: 'no right to read tags, which metadata does not show either',
    yaml: 'instance: { tags_in_metadata: false }\naws: { denied: ["ec2:DescribeTags"] }\n',
    exit: 78,
    told: 'ABANDON',
    says: ['InstanceMetadataTags=enabled', 'launch template', 'ec2:DescribeTags'],
  },
  {
    mistake: 'no right to see the hooks of the group',
    yaml: 'instance: { started_seconds_ago: 300 }\naws: { denied: ["autoscaling:DescribeLifecycleHooks"] }\n',
    exit: 78,
    told: 'none',
    says: [
      /^autoscaling:DescribeLifecycleHooks/,
      'must be allowed autoscaling:DescribeLifecycleHooks',
    ],
  },
  {
    mistake: 'several hooks and no name',
    yaml: 'aws: { groups: { shop-tomcat: { hooks: [{ name: a }, { name: b }] } } }\n',
    exit: 78,
    told: 'ABANDON',
    says: [/^group shop-tomcat has 2 launch hooks \(a, b\)/, 'lifecycle.hook'],
  },
  {
    mistake: 'no instance profile',
    yaml: 'instance: { instance_profile: null }\nspeed: 5\n',
    exit: 78,
    told: 'none',
    says: ['No instance profile', 'IamInstanceProfile'],
  },
  {
    mistake: 'metadata that is switched off',
    yaml: 'faults: [{ on: imds, do: { status: 403 } }]\n',
    exit: 78,
    told: 'none',
    says: ['answered 403', 'HttpEndpoint=enabled', 'launch template'],
  },
  {
    mistake: 'a metadata service that nobody reaches',
    yaml: 'metadata_after_seconds: 100000\nspeed: 20\n',
    exit: 69,
    told: 'none',
    says: [
      /refused the connection|no connection to/,
      'firewall',
      'AWS_EC2_METADATA_SERVICE_ENDPOINT',
    ],
  },
  {
    mistake: 'a pointer that names nothing',
    yaml: `aws: { buckets: { ${bucket}: { shop/current: { text: "" } } } }\n`,
    exit: 78,
    told: 'ABANDON',
    says: [`s3://${bucket}/shop/current holds no release name`, '1.4.2'],
  },
  {
    mistake: 'a manifest that does not list the file',
    yaml: releaseManifest(`{"files":{"shop.ear":{"sha256":"${'a'.repeat(64)}"}}}`),
    exit: 78,
    told: 'ABANDON',
    says: [/^roles\/tomcat\.yaml:\d+:\d+: artifacts\.shop: /, 'does not list it', 'shop.ear'],
  },
  {
    mistake: 'a manifest with three faults',
    yaml: releaseManifest('{"release":"1.4.1","files":{"shop.war":{"sha256":"abc","size":-1}}}'),
    exit: 78,
    told: 'ABANDON',
    says: ['3 faults', 'release "1.4.1"', 'found "abc"', 'found -1'],
  },
  {
    mistake: 'bytes that are spoilt on the way',
    yaml: 'faults: [{ on: "s3:GetObject:*/shop.war", do: { corrupt_at: 10 } }]\n',
    exit: 78,
    told: 'ABANDON',
    says: [
      /wanted sha256 [0-9a-f]{64}/,
      /found {2}sha256 [0-9a-f]{64}/,
      'publish the release again',
    ],
  },
  {
    mistake: 'a secret that is not there',
    yaml: 'aws: { secrets: { prod/shop/db: null } }\n',
    exit: 78,
    told: 'ABANDON',
    says: ['secret prod/shop/db', 'ResourceNotFoundException', 'in the role, or create the secret'],
  },
  {
    mistake: 'a secret without the field',
    yaml: 'aws: { secrets: { prod/shop/db: { url: null } } }\n',
    exit: 78,
    told: 'ABANDON',
    says: ['file:/run/shop/db.env', 'no field url', 'in the role'],
  },
  {
    mistake: 'a secret that is not JSON',
    yaml: 'aws: { secrets: { prod/shop/db: hunter2-hunter2 } }\n',
    exit: 78,
    told: 'ABANDON',
    says: ['not a JSON object', 'store the secret as JSON'],
  },
  {
    mistake: 'a package that no repository has',
    files: userData('role: { packages: { tomcat11: present } }\n'),
    exit: 1,
    told: 'ABANDON',
    says: ['Unable to locate package tomcat11', 'Correct packages in the role'],
  },
  {
    mistake: 'a kernel module that the kernel does not have',
    yaml: 'machine: { kernel_modules: { available: [] } }\n',
    exit: 1,
    told: 'ABANDON',
    says: ['tcp_bbr not found', 'kernel_modules in the role'],
  },
  {
    mistake: 'a kernel setting that the kernel does not have',
    yaml: 'machine: { sysctl: { net.core.somaxconn: null } }\n',
    exit: 1,
    told: 'ABANDON',
    says: ['net.core.somaxconn = 4096', 'no such key', 'in the role'],
  },
  {
    mistake: 'a unit that fails to start',
    yaml: 'machine: { services: { tomcat10.service: { fails: to start, log: ["SEVERE: no port"] } } }\n',
    exit: 1,
    told: 'ABANDON',
    says: ['cannot restart tomcat10.service', 'its journal says last:\n  SEVERE: no port'],
  },
  {
    mistake: 'a unit that dies while it is waited for',
    yaml: 'machine: { services: { tomcat10.service: { fails: after 200 ms, log: ["SEVERE: no port"], ready_after_ms: 60000 } } }\n',
    exit: 1,
    told: 'ABANDON',
    says: ['tomcat10.service has failed', 'its journal says last:\n  SEVERE: no port'],
  },
  {
    mistake: 'a port that nothing listens on',
    yaml: 'speed: 5\nmachine: { services: { tomcat10.service: { listens: [] } } }\n',
    files: userData('role: { probes: { shop: { deadline: 10 } } }\n'),
    exit: 1,
    told: 'ABANDON',
    says: ['wanted 200 from GET http://localhost:8080/shop/health', 'nothing listens'],
  },
  {
    mistake: 'a command that fails',
    yaml: 'machine: { commands: [{ match: "/bin/warm *", exit: 3, stderr: "no cache" }] }\n',
    files: userData(
      'role: { commands: { warm: { run: [/bin/warm, now], creates: /var/warm } } }\n',
    ),
    exit: 1,
    told: 'ABANDON',
    says: ['commands.warm in the role', 'exit code 3:\n  no cache'],
  },
  {
    mistake: 'a command that takes too long',
    yaml: 'speed: 20\nmachine: { commands: [{ match: "/bin/warm *", takes_ms: 3600000 }] }\n',
    files: userData(
      'role: { commands: { warm: { run: [/bin/warm, now], creates: /var/warm, timeout: 20 } } }\n',
    ),
    exit: 1,
    told: 'ABANDON',
    says: ['commands.warm in the role', 'killed after 20 s'],
  },
  {
    mistake: 'a disk that is read-only',
    yaml: 'machine: { read_only: [/] }\n',
    exit: 1,
    told: 'ABANDON',
    says: [/cannot write \/var\/lib\/bootstrap-agent\//, 'read-only', 'dmesg'],
  },
  {
    mistake: 'a read-only /etc',
    yaml: 'machine: { read_only: [/etc] }\n',
    exit: 1,
    told: 'ABANDON',
    says: [/cannot write \/etc\//, 'read-only', 'findmnt'],
  },
  {
    mistake: 'a disk that fills up in the middle',
    yaml: 'machine: { disk_bytes_free: 1500 }\n',
    exit: 1,
    told: 'ABANDON',
    says: [/no space left|are free in/, 'BlockDeviceMappings'],
  },
  {
    mistake: 'a clock that AWS does not believe, until the deadline',
    yaml: 'speed: 5\nfaults: [{ on: s3, do: { status: 403, code: RequestTimeTooSkewed } }]\n',
    files: agentYaml('deadline: 20\n'),
    exit: 69,
    told: 'ABANDON',
    says: ['the clock of this machine wrong', 'chrony'],
  },
];
