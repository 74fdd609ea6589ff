import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dryRun } from '../../src/commands/dry-run.ts';
import { simulatedSurroundings } from '../../src/commands/simulated.ts';
import { watchedBoot } from '../../src/commands/watched-boot.ts';
import { printed } from './printed.ts';
import { scenarioFolder } from './scenario-folder.ts';

const never = new AbortController().signal;
const password = 'cAnary/pa55 w&rd+"x"';
const token = 'CANARY-whole-secret-0815';
const url = 'jdbc:postgresql://canary-host.internal:5432/shop?key=Canary%20Key';
const forms = [password, token, url].flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  // As they stand inside a longer base64 text.
  Buffer.from(`user:${secret}`).toString('base64'),
  JSON.stringify(secret).slice(1, -1),
]);

/** A node whose service and command print every form of its secrets, and whose boot then fails. */
const leaky = `
extends: tomcat
description: Everything that can leak does.
expect: { verdict: ABANDON, exit: 1 }
machine:
  services:
    tomcat10.service:
      fails: to start
      log:
${forms.map((form) => `        - ${JSON.stringify(`leaking ${form} here`)}`).join('\n')}
  commands:
    - match: "/bin/sh -euc leak*"
      stdout: ${JSON.stringify(forms.join('\n'))}
      creates: { /var/lib/leaked: "" }
aws:
  secrets:
    prod/shop/db: { username: shop, password: ${JSON.stringify(password)}, url: ${JSON.stringify(url)} }
    prod/token: ${token}
`;
const userData = `#bootstrap-agent
role:
  secrets: { token: { from: prod/token } }
  files:
    /run/shop/token: { content: "{{ secrets.token }}", mode: "0600" }
  commands:
    leak: { run: leak, creates: /var/lib/leaked, env: { TOKEN: "{{ secrets.token }}" }, after: [secrets] }
`;

/** The places where secrets are meant to be: in memory, for the services that need them. */
const meant = /^run\/(bootstrap-agent\/secrets|shop)\//;

function filesBelow(root: string): [string, string][] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(root, path), readFileSync(path, 'latin1')]);
}

const leaksIn = (text: string) => forms.filter((form) => text.includes(form));

describe('secrets', () => {
  it.each(['pretty', 'json'] as const)(
    'are nowhere in what a failing boot leaves behind (%s log)',
    async (format) => {
      const folder = scenarioFolder({ 'scenario.yaml': leaky, 'user-data': userData });
      const surroundings = await simulatedSurroundings(folder.path);
      const { simulation } = surroundings;
      const output = printed();
      try {
        const result = await watchedBoot(surroundings, { format, level: 'debug' }, output, never);
        expect(result.exitCode).toBe(1);
        // The bait was taken: the secrets were fetched, written and printed by others.
        const all = filesBelow(simulation.root);
        const holding = all.filter(([, text]) => leaksIn(text).length > 0).map(([path]) => path);
        expect(holding.filter((path) => meant.test(path)).length).toBeGreaterThan(1);
        expect(output.stderr).toContain('[redacted]');
        expect(holding.filter((path) => !meant.test(path))).toEqual([]);
        expect(leaksIn(output.stdout + output.stderr)).toEqual([]);
        expect(leaksIn(JSON.stringify(result.events))).toEqual([]);
        expect(leaksIn(result.verdict.because)).toEqual([]);
        expect(
          all.map(([path]) => path).filter((path) => path.includes('reports/')).length,
        ).toBeGreaterThan(0);
      } finally {
        await simulation.close();
        folder.remove();
      }
    },
  );

  it('are references in a dry run', async () => {
    const folder = scenarioFolder({ 'scenario.yaml': leaky, 'user-data': userData });
    try {
      for (const options of [{}, { json: true }, { explain: 'file:/run/shop/token' }]) {
        const output = printed();
        await dryRun({ scenario: folder.path, ...options }, {}, output, never);
        expect(leaksIn(output.stdout + output.stderr)).toEqual([]);
        expect(output.stdout).toMatch(/secret/);
      }
    } finally {
      folder.remove();
    }
  });
});
