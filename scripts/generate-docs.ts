/**
 * Writes docs/roles.md and docs/role.schema.json from the schema in src/roles.
 * With --check it writes nothing and fails when one of them is not what the code says.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { roleJsonSchema } from '../src/roles/json-schema.ts';
import { roleReference } from '../src/roles/reference.ts';

const documents = {
  'docs/roles.md': roleReference(),
  'docs/role.schema.json': `${JSON.stringify(roleJsonSchema(), null, 2)}\n`,
};

const check = process.argv.includes('--check');
for (const [name, text] of Object.entries(documents)) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  if (!check) writeFileSync(path, text);
  else if (read(path) !== text) {
    console.error(`${name} is stale: run \`node scripts/generate-docs.ts\` and commit the result.`);
    process.exitCode = 1;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
