/** The budget file: what a boot may take, as people write it. */
import { z } from 'zod';
import { throwFaults } from '../roles/fault.ts';
import { schemaFaults } from '../roles/schema-faults.ts';
import { YamlDocument } from '../roles/yaml-document.ts';

const seconds = z.number().nonnegative();
const count = z.number().int().nonnegative();

const allowance = z.strictObject({
  seconds: seconds.optional().describe('Longest that it may take.'),
  bytes: count.optional().describe('Most that AWS may send for it.'),
});

export const budgetSchema = z.strictObject({
  boot: z
    .strictObject({
      seconds: seconds.optional().describe('From the start of the agent to the end of its boot.'),
      bytes: count.optional().describe('All that AWS may send.'),
      metadata_requests: count.optional(),
      aws_calls: count.optional().describe('All calls to AWS together.'),
    })
    .optional(),
  stages: z
    .record(z.string(), z.strictObject({ seconds: seconds.optional() }))
    .optional()
    .describe('By the names of the timeline: metadata, role and plan, probe:shop, launch hook.'),
  steps: z.record(z.string(), allowance).optional().describe('By step id: artifact:shop.'),
  calls: z
    .record(z.string(), count)
    .optional()
    .describe('By service and operation: s3:GetObject. A call that is not named may be made.'),
});

export type Budget = z.infer<typeof budgetSchema>;

/** Throws ConfigError with every fault of the file, each with its line. */
export function readBudget(text: string, source: string): Budget {
  const document = new YamlDocument(text, source);
  throwFaults(document.faults);
  throwFaults(schemaFaults(budgetSchema, document.data, document));
  return budgetSchema.parse(document.data);
}
