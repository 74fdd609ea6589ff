import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scenarioFolder } from './commands/scenario-folder.ts';

/** The bundle in dist/, which is what ships: `npm test` builds it first. */
const agent = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/main.cjs', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

describe('the bundle', () => {
  it('boots a node with user data, logging JSON lines', () => {
    const { status, stdout, stderr } = agent('rehearse', 'php', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ asDescribed: true, signalled: 'CONTINUE' });
    const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('unpacks every format', () => {
    const folder = scenarioFolder({
      'scenario.yaml': `
extends: tomcat
aws:
  buckets:
    acme-releases-eu-west-1:
      shop/1.4.2/code.zip: { zip: code }
      shop/1.4.2/code.tar: { tar: code }
      shop/1.4.2/code.tar.gz: { tar_gz: code }
      shop/1.4.2/code.tar.zst: { tar_zst: code }
`,
      'code/bin/run': '#!/bin/sh\n',
      'user-data': `#bootstrap-agent
role:
  artifacts:
${['zip', 'tar', 'tar.gz', 'tar.zst'].map((format) => `    code-${format}: { from: "s3://{{ values.bucket }}/shop/{{ release.name }}/code.${format}", to: "/opt/code-${format}" }`).join('\n')}
`,
    });
    try {
      const { status, stderr } = agent('rehearse', folder.path);
      expect(stderr).toContain('artifact:code-zip  changed');
      expect(stderr).toContain('artifact:code-tar.zst  changed');
      expect(status).toBe(0);
    } finally {
      folder.remove();
    }
  });

  it('compiles ahead what a boot runs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'compiled-'));
    try {
      writeFileSync(join(folder, 'older'), '');
      const { status } = spawnSync(process.execPath, ['dist/compile.cjs', folder]);
      expect(status).toBe(0);
      const [version = '', ...others] = readdirSync(folder);
      expect(others).toEqual([]);
      // The parts of a boot, each service that it calls, and what a rehearsal is made of.
      expect(readdirSync(join(folder, version)).length).toBeGreaterThan(8);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('plans, validates, and names its version', () => {
    expect(agent('dry-run', 'erlang').status).toBe(0);
    expect(agent('validate', 'roles').status).toBe(0);
    expect(agent('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
