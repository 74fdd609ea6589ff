/** What goes wrong, one entry for each fault of docs/faults.md: the files that are wrong, and the command that meets them. */

export interface FaultGroup {
  readonly title: string;
  readonly about: string;
  readonly faults: readonly DocumentedFault[];
}

export interface DocumentedFault {
  readonly what: string;
  /** Written before the command, and shown; a Buffer is not shown. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** As a person types it, in a clone. */
  readonly command: string;
}

/** A rehearsal of the tomcat scenario with something changed: what it prints from the reason on. */
function rehearsal(
  name: string,
  what: string,
  [exit, signal]: readonly [exit: number, signal: 'ABANDON' | 'none'],
  wrong: string,
  files: Readonly<Record<string, string>> = {},
  shown = "sed -n '/because:/,/Auto Scaling/p'",
): DocumentedFault {
  const expect = `expect: { verdict: ABANDON, signal: ${signal}, exit: ${exit} }`;
  const scenario = `extends: tomcat\ndescription: ${what}\n${expect}\n${wrong}`;
  const beside = Object.entries(files).map(([path, text]) => [`${name}/${path}`, text] as const);
  return {
    what,
    files: { [`${name}/scenario.yaml`]: scenario, ...Object.fromEntries(beside) },
    command: `agent rehearse ./${name} | ${shown}`,
  };
}

/** The class and all that depends on it, without a boot. */
function dryRun(name: string, what: string, yaml: string, userData?: string): DocumentedFault {
  return {
    what,
    files: {
      [`${name}/scenario.yaml`]: `extends: tomcat\ndescription: ${what}\n${yaml}`,
      ...(userData !== undefined && { [`${name}/user-data`]: userData }),
    },
    command: `agent dry-run ./${name}`,
  };
}

const ours = (text: string) => `#bootstrap-agent\n${text}`;
const bucket = 'acme-releases-eu-west-1';
const released = 'instance: { started_seconds_ago: 300 }\n';
const tomcat = (behaviour: string) =>
  `machine: { services: { tomcat10.service: { ${behaviour} } } }\n`;

export const faultGroups: readonly FaultGroup[] = [
  {
    title: 'The command line',
    about: 'Wrong usage is exit code 64, a name that leads nowhere is 78.',
    faults: [
      { what: 'A command that there is not', command: 'agent boto' },
      { what: 'Help on a command that there is not', command: 'agent help boto' },
      { what: 'A flag that there is not', command: 'agent drain --cancl' },
      { what: 'No class to bake for', command: 'agent bake' },
      { what: 'A scenario that there is not', command: 'agent rehearse ./tomact' },
      {
        what: 'A step that the plan does not have',
        command: 'agent dry-run --explain service:tomcat 2>&1 | head -1',
      },
      { what: 'Output that nobody reads to its end', command: 'agent dry-run | head -1' },
      { what: 'Nothing was booted here', command: 'agent status --root /nowhere' },
    ],
  },
  {
    title: 'Role files',
    about:
      'All faults of all files at once. A boot ends with the same lines, exit code 78 and ABANDON.',
    faults: [
      {
        what: 'Mistakes, one in each file',
        files: {
          'wrong/after.yaml':
            'description: Two commands wait for each other.\ncommands:\n  one: { run: [/bin/one], creates: /one, after: [command:two] }\n  two: { run: [/bin/two], creates: /two, after: [command:one] }\n',
          'wrong/alias.yaml':
            'description: An anchor that is not there.\nfiles:\n  /etc/x: *motd\n',
          'wrong/circle.yaml': 'description: Extends itself.\nextends: circle\n',
          'wrong/column.yaml':
            'description: A key in the wrong column.\nfiles:\n  /etc/x:\n    content: y\n   mode: "0600"\n',
          'wrong/empty.yaml': '',
          'wrong/merge.yaml':
            'description: A merge key.\nfiles:\n  /etc/x: &x { content: y }\n  /etc/y: { <<: *x, content: z }\n',
          'wrong/tab.yaml': 'description: A tab.\nfiles:\n\t/etc/x: { content: y }\n',
          'wrong/template.yaml':
            'description: Templates.\nfiles:\n  /etc/a: { content: "{{ facts.vcpu }}" }\n  /etc/b: { content: "{{ values.heap }}" }\n  /etc/c: { content: "{% if facts.vcpus > 2 %} x" }\n',
          'wrong/no-template.yaml':
            'description: No such template.\nfiles:\n  /etc/x: { template: templates/x }\n',
          'wrong/twice.yaml': 'description: A key twice.\nsysctl: {}\nsysctl: {}\n',
          'wrong/two.yaml': 'description: Two documents.\n---\nfiles: {}\n',
          'wrong/type.yaml':
            'description: Types.\npackages: nginx\nservices: [nginx]\nfiles:\n  /etc/x: { content: y, mode: 644 }\n',
          'wrong/typo.yaml': 'description: A typo.\npakages: { nginx: present }\nextends: typpo\n',
          'wrong/utf16.yaml': Buffer.from('\ufeffdescription: x\n', 'utf16le'),
        },
        command: 'agent validate wrong',
      },
      {
        what: 'An empty folder',
        files: { 'none/README': 'no role here\n' },
        command: 'agent validate none',
      },
      { what: 'A file for a folder', command: 'agent validate none/README' },
      { what: 'No folder', command: 'agent validate nowhere' },
    ],
  },
  {
    title: 'Who am I: tags and user data',
    about: 'Here by a dry run; a boot ends with the same words, exit code 78 and ABANDON.',
    faults: [
      dryRun('class-typo', 'A typo in the tag', 'instance: { tags: { Class: tomct } }\n'),
      dryRun('class-blank', 'A blank in the tag', 'instance: { tags: { Class: "tomcat " } }\n'),
      dryRun(
        'tag-case',
        'A tag in lower case',
        'instance: { tags: { Class: null, class: tomcat } }\n',
      ),
      dryRun('key-typo', 'A typo in user data', '', ours('clas: tomcat\n')),
      dryRun('release-number', 'A release without quotes', '', ours('release: 1.10\n')),
      {
        ...dryRun(
          'first-line',
          'A wrong first line is no error, the data is not ours',
          '',
          '#bootstrapagent\nclass: php\n',
        ),
        command: "agent dry-run ./first-line | grep -A1 'User data'",
      },
    ],
  },
  {
    title: 'The metadata service',
    about: 'The group is told nothing: without metadata nobody knows which group that is.',
    faults: [
      rehearsal(
        'metadata-off',
        'Switched off',
        [78, 'none'],
        'faults: [{ on: imds, do: { status: 403 } }]\n',
      ),
      rehearsal(
        'metadata-silent',
        'Silent, as behind a hop too many',
        [69, 'none'],
        'speed: 20\nfaults: [{ on: imds, do: hang }]\n',
      ),
      rehearsal(
        'no-profile',
        'No instance profile',
        [78, 'none'],
        'speed: 5\ninstance: { instance_profile: null }\n',
      ),
    ],
  },
  {
    title: 'S3 and secrets',
    about: '',
    faults: [
      rehearsal(
        'no-bucket',
        'No such bucket',
        [78, 'ABANDON'],
        'instance: { region: us-east-1, zone: us-east-1a }\n',
      ),
      rehearsal(
        'no-key',
        'No such key',
        [78, 'ABANDON'],
        `aws: { buckets: { ${bucket}: { shop/current: null } } }\n`,
      ),
      rehearsal(
        'other-region',
        'A bucket of another region',
        [78, 'ABANDON'],
        `aws: { bucket_regions: { ${bucket}: us-east-1 } }\n`,
      ),
      rehearsal(
        's3-denied',
        'Access denied',
        [78, 'ABANDON'],
        `speed: 5\n${released}aws: { denied: ["s3:GetObject"] }\n`,
      ),
      rehearsal(
        's3-busy',
        'S3 answers 503 until the deadline',
        [69, 'ABANDON'],
        'speed: 5\nfaults: [{ on: s3, do: { status: 503, code: SlowDown } }]\n',
        { 'agent.yaml': 'deadline: 90\n' },
      ),
      rehearsal(
        'clock-off',
        'The clock is off by hours',
        [69, 'ABANDON'],
        'speed: 5\nfaults: [{ on: s3, do: { status: 403, code: RequestTimeTooSkewed, message: The difference between the request time and the current time is too large. } }]\n',
        { 'agent.yaml': 'deadline: 90\n' },
      ),
      rehearsal(
        'spoilt',
        'Bytes spoilt on the way',
        [78, 'ABANDON'],
        'faults: [{ on: "s3:GetObject:*/shop.war", do: { corrupt_at: 10 } }]\n',
      ),
      rehearsal(
        'no-secret',
        'No such secret',
        [78, 'ABANDON'],
        'aws: { secrets: { prod/shop/db: null } }\n',
      ),
      rehearsal(
        'no-field',
        'A secret without the field',
        [78, 'ABANDON'],
        'aws: { secrets: { prod/shop/db: { url: null } } }\n',
      ),
    ],
  },
  {
    title: 'The machine',
    about: '',
    faults: [
      rehearsal(
        'read-only',
        '/var is read-only',
        [1, 'ABANDON'],
        'machine: { read_only: [/var] }\n',
      ),
      rehearsal(
        'no-module',
        'A kernel module that is not there',
        [1, 'ABANDON'],
        'machine: { kernel_modules: { available: [] } }\n',
      ),
      rehearsal('no-package', 'No such package', [1, 'ABANDON'], '', {
        'user-data': ours('role: { packages: { tomcat11: present } }\n'),
      }),
      rehearsal('no-unit', 'No such unit', [1, 'ABANDON'], '', {
        'user-data': ours('role: { services: { tomcat11: { state: started } } }\n'),
      }),
      rehearsal('no-owner', 'A file of a user who is not there', [1, 'ABANDON'], '', {
        'user-data': ours('role: { files: { /etc/x: { content: y, owner: shop2 } } }\n'),
      }),
      rehearsal(
        'dies',
        'A service that fails at its start',
        [1, 'ABANDON'],
        tomcat('fails: to start, log: ["SEVERE: Address already in use: 8080"]'),
      ),
      rehearsal(
        'no-listener',
        'Nothing listens',
        [1, 'ABANDON'],
        tomcat('listens: []'),
        { 'user-data': ours('role: { probes: { shop: { deadline: 5 } } }\n') },
        'grep -A1 because:',
      ),
      rehearsal(
        'not-found',
        'The health page answers 404',
        [1, 'ABANDON'],
        tomcat('listens: [{ port: 8080, answers: { /shop/health: { status: 404 } } }]'),
        { 'user-data': ours('role: { probes: { shop: { deadline: 5 } } }\n') },
        'grep -A1 because:',
      ),
      {
        what: 'The status of a boot is cut off',
        files: { 'machine/run/bootstrap-agent/status.json': '{"state":' },
        command: 'agent status --root machine',
      },
    ],
  },
  {
    title: 'Flight records',
    about: '',
    faults: [
      { what: 'No such file', command: 'agent report record.json' },
      { what: 'A folder', command: 'agent report .' },
      { what: 'An address without a key', command: 'agent report s3://acme-boots' },
      { what: 'No credentials', command: 'agent report s3://acme-boots/record.json' },
      { what: 'Cut off', files: { 'cut.json': '{"version":1,' }, command: 'agent report cut.json' },
      { what: 'Something else', files: { 'other.json': '{}' }, command: 'agent report other.json' },
      {
        what: 'Of a newer agent',
        files: { 'newer.json': '{"version":99,"agentVersion":"9.0.0"}' },
        command: 'agent report - < newer.json',
      },
    ],
  },
];
