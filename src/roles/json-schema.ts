/** The JSON Schemas that editors use to complete and check role files, generated from the schema in code. */
import { z } from 'zod';
import { agentConfigSchema } from './agent-config.ts';
import { roleSchema } from './schema.ts';

/** The part of JSON Schema that our schemas come to. */
export interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly $ref?: string;
}

/** Schema of role files, draft 2020-12. For `# yaml-language-server: $schema=` on the first line of a role. */
export function roleJsonSchema(): JsonSchema {
  return schemaOf(roleSchema, 'bootstrap-agent role');
}

/** Schema of agent.yaml. */
export function agentConfigJsonSchema(): JsonSchema {
  return schemaOf(agentConfigSchema, 'bootstrap-agent configuration');
}

function schemaOf(schema: z.ZodType, title: string): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return { $schema, title, ...rest } as JsonSchema;
}
