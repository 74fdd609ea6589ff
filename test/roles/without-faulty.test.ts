import { describe, expect, it } from 'vitest';
import { validateRoles } from '../../src/roles/validate.ts';

const faultsOf = (text: string) =>
  validateRoles({
    sources: [{ name: 'shop', source: 'roles/shop.yaml', text }],
    templates: new Map(),
  }).map(({ line, message }) => `${line}: ${message}`);

describe('a role with several mistakes', () => {
  it('tells misspelt keys and faulty templates in the same run', () => {
    expect(
      faultsOf(`values: { port: 8080 }
services:
  shop:
    ned: [packages]
    drop_in: "{{ values.prot }}"
files:
  /etc/a: { content: "{{ facts.instance_idd }}", mode: 644 }
  /etc/b: { content: "{{ facts.memory_mib | procent: 60 }}" }
`),
    ).toEqual([
      expect.stringMatching(/^4: unknown key "ned"/),
      expect.stringMatching(/^5: there is no value "prot"/),
      expect.stringMatching(/^7: .*mode|^7: must be/),
      expect.stringMatching(/^8: there is no filter "procent"/),
    ]);
  });

  it('complains of nothing that is only missing because its declaration is wrong', () => {
    const faults = faultsOf(`values: { Port: 8080 }
files:
  /etc/a: { content: "{{ values.Port }}" }
`);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^1: /);
  });
});
