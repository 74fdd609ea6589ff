/** The prose of docs/roles.md: what tables cannot say. */

export const introduction = `<!-- Generated from src/roles by \`node scripts/generate-docs.ts\`. Do not edit: change the code and generate again. -->

# Role files

A role says what a node of one class consists of. The role of class \`shop\` is \`roles/shop.yaml\`:

\`\`\`yaml
# yaml-language-server: $schema=../docs/role.schema.json
# Start from roles/base.yaml.
extends: base

# What the templates below calculate with.
values:
  heap_mib: "{{ facts.memory_mib | percent: 60 }}"
  port: 8080

# Which version of the code.
release:
  pointer: s3://acme-releases/shop/current
  manifest: s3://acme-releases/shop/{{ release.name }}/manifest.json

# By their names in Secrets Manager; templates write references, never values.
secrets:
  db: { from: prod/shop/db }

# Unpacked below /opt/shop.releases; /opt/shop is a symlink to the current release.
artifacts:
  shop:
    from: s3://acme-releases/shop/{{ release.name }}/shop.tar.gz
    to: /opt/shop

files:
  /run/shop/db.conf:
    mode: "0640"
    content: |
      host={{ secrets.db.host }}
      password={{ secrets.db.password }}

services:
  shop:
    unit: |
      [Service]
      ExecStart=/opt/shop/bin/shop --port {{ values.port }} --heap {{ values.heap_mib }}m

probes:
  web:
    http: { port: "{{ values.port }}", path: /health }
\`\`\`

With the first line, an editor that understands \`yaml-language-server\` completes keys and marks mistakes. \`agent validate roles/\` checks all roles offline, templates included, and \`agent dry-run\` shows what a node would become. Unknown keys are errors.

The order of sections does not matter, and neither does the order of entries: the agent finds out what must come before what. A file waits for its directory, its owner and the secrets it names, a service for everything it stands on. Where it cannot know, \`after\` tells it.`;

export const mergeRules = `## Merging

A role is merged from these, and the later ones win:

1. the roles it extends, the oldest ancestor first, then the role itself;
2. the \`overrides\` of that whole chain in the same order, those whose conditions hold for this instance;
3. the config overlay pulled from S3, where \`agent.yaml\` names one (a fragment: the sections of a role without \`extends\` and \`overrides\`);
4. the fragment under \`role\` in user data.

The rules:

- Maps merge key by key, at every depth.
- A text, a number, a truth value or a list replaces what was there. Lists are never joined.
- \`null\` removes what was there: an entry, a key of an entry, a whole section. Removing what is not there is no error, and a later source may set it again.
- Of alternatives, setting one takes the place of the others: \`content\` and \`template\` of a file; \`http\`, \`tcp\` and \`command\` of a probe.
- An entry must be whole only when everything is merged, so a child may set one key of an entry that its parent declares.

\`agent dry-run --explain <step>\` says for each value where it was written and what it replaced.`;

export const templateRules = `## Templates

Every text in a role may hold [Liquid](https://liquidjs.com) templates, except \`description\`, \`extends\`, the conditions of overrides, the names of template files, and the names of entries: those are the same on every node. Template files (\`files.<path>.template\`) are templates as a whole. A \`{{\` that is meant literally stands between \`{% raw %}\` and \`{% endraw %}\`.

Whatever is undefined is an error with its place, never an empty text. \`agent validate\` finds it on the laptop, also in branches that this instance would not take. A name in \`values\` must be declared somewhere in the role's chain.

A value that is exactly one \`{{ }}\` with a number stays a number, so that other templates can calculate and compare with it. Values may refer to other values, in any order, not in a circle. Besides the filters of Liquid (\`times\`, \`divided_by\`, \`floor\`, \`at_least\`, \`at_most\`, \`default\`, \`join\`, \`json\`, ...) there is \`percent\`: \`{{ facts.memory_mib | percent: 60 }}\` is that share, rounded down.`;

export const phaseRules = `## Warm pools

An instance that its group launches into a warm pool is prepared there and no more; what is left is done when the group wants it in service. The agent cuts the plan in two by itself. Secrets wait, since they would grow old in the pool or be written to a disk when it hibernates; so do commands, services that are to run (but for those of the system itself, such as chrony and systemd-journald), and whatever needs one of these. All the rest is prepared: kernel settings, packages, users, files, artifacts.

\`phase\` says it where you know better: \`prepare\` for a command that takes long and touches nothing outside the node, \`activate\` for an artifact that must not lie ready. A step that is pinned to \`prepare\` and needs one that waits is an error. \`agent dry-run\` shows the cut, [the life of a node](lifecycle.md#warm-pools) what happens when.`;

export const factRules = `What the agent knows about the instance. Most are there on every boot; a few cost a request to the metadata service and are looked up only where a template names them.`;

export const secretRules = `A secret never becomes part of a role, a plan or a log: a template writes a reference, and the value is put in its place while the file is written on the node. So a secret can only be written out, \`{{ secrets.db.password }}\`, with at most one of these filters: \`url_encode\` (percent-encoded, for a part of a URL), \`base64_encode\`, \`json\` (a JSON string with its quotes). Comparing, assigning, looping over or otherwise filtering a secret is an error, and so is a secret in a path, an address, a command line or \`values\`. A secret that is declared with \`field\` is that field, and has no fields of its own.`;
