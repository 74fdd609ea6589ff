/** The reference of role files, docs/roles.md, made from the schema and the vocabulary so that it cannot differ from the code. */
import { z } from 'zod';
import { agentConfigJsonSchema, type JsonSchema, roleJsonSchema } from './json-schema.ts';
import {
  factRules,
  introduction,
  mergeRules,
  phaseRules,
  secretRules,
  templateRules,
} from './reference-prose.ts';
import { roleDocumentSchema } from './schema.ts';
import {
  factMeanings,
  filtersLeftOut,
  lazyFactNames,
  rootMeanings,
  tagsLeftOut,
} from './vocabulary.ts';

/** The whole reference, Markdown. */
export function roleReference(): string {
  const { properties = {} } = roleJsonSchema();
  const { extends: parent, overrides, ...sections } = properties;
  const required = requiredKeys();
  const parts = [
    introduction,
    mergeRules,
    '## Overrides',
    overrides?.description,
    '```yaml\noverrides:\n  - when: { instance_type: "m5.*", tag: { Stage: [prod, canary] } }\n    set:\n      values: { heap_percent: 70 }\n```',
    table(bare(overrides?.items?.properties?.when).properties ?? {}, []),
    templateRules,
    rows(
      ['Variable', 'What it gives'],
      Object.entries(rootMeanings).map(([name, gives]) => [code(name), gives]),
    ),
    `Left out of Liquid: the tags ${listed(tagsLeftOut)} (all that a template names is known before anything is looked up) and the filters ${listed(filtersLeftOut)} (the same node must come out at any time).`,
    '### Facts',
    factRules,
    rows(['Fact', 'Meaning'], Object.entries(factMeanings).map(factRow)),
    '### Secrets',
    secretRules,
    phaseRules,
    '# Sections',
    'Every section may be left out. `null` removes what was inherited: a whole section, an entry, or one key of an entry.',
    ...Object.entries({ extends: parent ?? {}, ...sections }).map(([name, schema]) =>
      section(name, bare(schema), schema.description ?? '', required),
    ),
    '# agent.yaml',
    `${agentConfigJsonSchema().description} Unknown keys fail here as well.`,
    table(agentConfigJsonSchema().properties ?? {}, []),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function section(
  name: string,
  schema: JsonSchema,
  description: string,
  required: ReadonlyMap<string, readonly string[]>,
): string {
  const entry = schema.additionalProperties ? bare(schema.additionalProperties) : undefined;
  const shape = entry
    ? `A map: name -> ${entry.properties ? 'entry' : typeOf(entry)}.`
    : `Type: ${typeOf(schema)}.`;
  const object = [schema, entry, ...(entry?.anyOf ?? [])].find((one) => one?.properties);
  const keys = object?.properties && table(object.properties, required.get(name) ?? []);
  return [`## ${name}`, description, shape, keys].filter(Boolean).join('\n\n');
}

/** A role file may leave any key to its parent; which keys a whole entry needs, only the merged document's schema knows. */
function requiredKeys(): ReadonlyMap<string, readonly string[]> {
  const { properties = {} } = z.toJSONSchema(roleDocumentSchema, { io: 'input' }) as JsonSchema;
  return new Map(
    Object.entries(properties).map(([name, schema]) => {
      const entry = schema.additionalProperties || schema;
      return [name, entry.required ?? []];
    }),
  );
}

function table(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): string {
  const lines = Object.entries(properties).flatMap(([key, schema]) => {
    const fallback = required.includes(key) ? 'required' : defaultOf(schema);
    const inner = bare(schema).properties ?? {};
    return [
      [code(key), typeOf(bare(schema)), fallback, schema.description ?? ''],
      ...Object.entries(inner).map(([name, part]) => [
        code(`${key}.${name}`),
        typeOf(bare(part)),
        defaultOf(part),
        part.description ?? '',
      ]),
    ];
  });
  return rows(['Key', 'Type', 'Default', 'Meaning'], lines);
}

function factRow([name, meaning]: [string, string]): string[] {
  const lazy = lazyFactNames.some((fact) => fact === name);
  return [code(`facts.${name}`), lazy ? `${meaning} Looked up only where named.` : meaning];
}

function defaultOf(schema: JsonSchema): string {
  return schema.default === undefined ? '' : code(String(schema.default));
}

/** The schema without "or null", which every key of a fragment allows. */
function bare(schema: JsonSchema | undefined): JsonSchema {
  if (schema === undefined) return {};
  const [only, ...more] = (schema.anyOf ?? []).filter((one) => one.type !== 'null');
  if (schema.anyOf === undefined || only === undefined) return schema;
  if (more.length === 0) return bare(only);
  return { ...schema, anyOf: [only, ...more] };
}

function typeOf(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return 'any';
  if (schema.enum) return schema.enum.map((one) => code(String(one))).join(' or ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map((one) => typeOf(bare(one))))].join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(bare(schema.items))}s`;
  if (schema.type === 'object') return 'map';
  return [schema.type ?? 'any']
    .flat()
    .filter((name) => name !== 'null')
    .map((name) => typeNames[name] ?? name)
    .join(' or ');
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'true or false',
};

/** A table, its columns aligned as the formatter of this project has them. */
function rows(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const cells = [head, ...lines].map((line) => line.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  const [first = '', ...rest] = cells.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [first, rule, ...rest].join('\n');
}

function listed(names: readonly string[]): string {
  return names.map(code).join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}
