import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Facts } from '../src/identity/identity.ts';
import { planFaults } from '../src/plan/check-role.ts';
import type { Plan } from '../src/plan/plan.ts';
import { planFor } from '../src/plan/plan-for.ts';
import { predictCalls } from '../src/plan/predict-calls.ts';
import { renderExplain } from '../src/plan/render/explain.ts';
import { renderPlan } from '../src/plan/render/render-plan.ts';
import { shown } from '../src/plan/text.ts';
import type { ReleaseFile } from '../src/releases/release.ts';
import type { FileStep, ServiceStep } from '../src/resources/step.ts';
import { fillRole } from '../src/roles/fill-role.ts';
import { selectRole } from '../src/roles/resolve-role.ts';
import { samplePeers } from '../src/roles/sample-facts.ts';
import { validateRoles } from '../src/roles/validate.ts';
import { facts, identityOf } from './plan/fixtures.ts';

const folder = new URL('../roles/', import.meta.url).pathname;
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({
    name: name.replace('.yaml', ''),
    source: `roles/${name}`,
    text: readFileSync(join(folder, name), 'utf8'),
  }));
const templates = new Map(
  readdirSync(join(folder, 'templates'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path.slice(folder.length), readFileSync(path, 'utf8')] as const),
);

const instances = {
  't3.small': { vcpus: 2, memory_mib: 1908, architecture: 'x86_64' },
  'm5.2xlarge': { vcpus: 8, memory_mib: 31437, architecture: 'x86_64' },
  'c7g.4xlarge': { vcpus: 16, memory_mib: 31185, architecture: 'arm64' },
} as const satisfies Record<string, Partial<Facts>>;
type InstanceType = keyof typeof instances;
const types = Object.keys(instances) as InstanceType[];

describe('the roles that ship', () => {
  it('are base, erlang, php and tomcat, each naming its schema first', () => {
    expect(sources.map(({ name }) => name)).toEqual(['base', 'erlang', 'php', 'tomcat']);
    for (const { text } of sources)
      expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../docs/role.schema.json');
  });

  it('have no fault on any sample instance, and no template that nobody uses', () => {
    expect(validateRoles({ sources, templates, extraCheck: planFaults })).toEqual([]);
  });

  it('say why beside every kernel parameter', () => {
    for (const { name, text } of sources) {
      const lines = text.split('\n');
      const [from, to] = [lines.indexOf('sysctl:'), lines.length];
      const section = from < 0 ? [] : lines.slice(from + 1, to);
      const ends = section.findIndex((line) => /^\S/.test(line));
      expect(section.slice(0, ends)[0] ?? '    #', name).toContain('#');
    }
  });

  describe.each(types)('on %s', (type) => {
    it.each(sources.map(({ name }) => name))('%s can be planned, printed and explained', (name) => {
      const { plan, role } = planOf(name, type);
      expect(plan.steps.length).toBeGreaterThan(5);
      const identity = identityOf({ facts: factsOf(type) });
      const view = {
        identity,
        role,
        plan,
        drifts: new Map(),
        calls: predictCalls({ identity, plan }),
        warnings: [],
        simulated: true,
        source: 'a test',
        origins: role.origins,
      };
      expect(renderPlan(view, { colour: false })).toContain(type);
      for (const step of plan.steps)
        expect(renderExplain(step.id, view, { colour: false })).toContain(`roles/`);
    });
  });

  it('download the release without waiting for packages', () => {
    for (const name of ['tomcat', 'erlang', 'php']) {
      const { steps } = planOf(name, 'm5.2xlarge').plan;
      const waits = (id: string): string[] => {
        const needs = steps.find((step) => step.id === id)?.needs ?? [];
        return [...needs, ...needs.flatMap(waits)];
      };
      expect(waits('artifact:shop'), name).not.toContain('packages');
    }
  });

  it('start an Erlang node while packages are still being installed', () => {
    const { steps } = planOf('erlang', 'm5.2xlarge').plan;
    const waits = (id: string): string[] => {
      const needs = steps.find((step) => step.id === id)?.needs ?? [];
      return [...needs, ...needs.flatMap(waits)];
    };
    expect(waits('service:shop')).toContain('artifact:shop');
    expect(waits('service:shop')).not.toContain('packages');
  });

  it('keep secrets out of the disk and of unit files', () => {
    for (const name of ['tomcat', 'erlang', 'php'])
      for (const step of planOf(name, 't3.small').plan.steps)
        if (step.kind === 'file' && step.content.some((piece) => typeof piece !== 'string'))
          expect(step).toMatchObject({
            path: expect.stringMatching(/^\/run\//),
            mode: /^0[46]00$/,
          });
  });

  it('keep connections open longer than the load balancer does', () => {
    expect(contentOf('tomcat', 'm5.2xlarge', '/etc/tomcat10/server.xml')).toContain(
      'keepAliveTimeout="75000"',
    );
    expect(contentOf('php', 'm5.2xlarge', '/etc/nginx/nginx.conf')).toContain(
      'keepalive_timeout 75s;',
    );
  });
});

describe('tomcat scales', () => {
  it.each([
    ['t3.small', 1144, 50, 16],
    ['m5.2xlarge', 18862, 400, 64],
    ['c7g.4xlarge', 18711, 800, 64],
  ] as const)(
    'on %s: heap %i MiB, %i threads, %i database connections',
    (type, heap, threads, pool) => {
      const service = stepOf('tomcat', type, 'service:tomcat10') as ServiceStep;
      expect(shown(service.dropIn ?? [])).toContain(`-Xms${heap}m -Xmx${heap}m`);
      expect(contentOf('tomcat', type, '/etc/tomcat10/server.xml')).toContain(
        `maxThreads="${threads}"`,
      );
      expect(contentOf('tomcat', type, '/etc/tomcat10/Catalina/localhost/shop.xml')).toContain(
        `maxActive="${pool}"`,
      );
    },
  );
});

describe('erlang scales', () => {
  it.each([
    ['t3.small', '+S 2:2', '+P 488448', '+Q 122112', '+SDio 10', '+zdbbl 8192'],
    ['m5.2xlarge', '+S 8:8', '+P 8047872', '+Q 1000000', '+SDio 16', '+zdbbl 16384'],
    ['c7g.4xlarge', '+S 16:16', '+P 7983360', '+Q 1000000', '+SDio 32', '+zdbbl 32768'],
  ] as const)('on %s: %s %s %s %s %s', (type, ...flags) => {
    const lines = contentOf('erlang', type, '/usr/local/etc/shop/vm.args').split('\n');
    for (const flag of flags) expect(lines).toContain(flag);
  });

  it('takes the archive of its architecture', () => {
    const keyOn = (type: InstanceType) => {
      const step = stepOf('erlang', type, 'artifact:shop');
      return step.kind === 'artifact' ? step.source.key : undefined;
    };
    expect(keyOn('c7g.4xlarge')).toBe('shop/1.4.2/shop-arm64.tar.gz');
    expect(keyOn('t3.small')).toBe('shop/1.4.2/shop-x86_64.tar.gz');
  });
});

describe('an Erlang node', () => {
  it('knows its peers before the application starts, and does not restart for a new one', () => {
    const config = contentOf('erlang', 't3.small', '/run/shop/peers.config');
    const lists = config.split('\n').filter((line) => line.includes('shop@'));
    expect(lists.map((line) => line.trim())).toEqual(["'shop@10.0.0.11',", "'shop@10.0.0.12'"]);
    const service = stepOf('erlang', 't3.small', 'service:shop');
    expect(service.needs).toContain('file:/run/shop/peers.config');
    expect(service.restartOn).not.toContain('file:/run/shop/peers.config');
    expect(service.restartOn).toContain('file:/usr/local/etc/shop/vm.args');
  });
});

describe('php scales', () => {
  it.each([
    ['t3.small', 17, 95, 2],
    ['m5.2xlarge', 192, 512, 8],
    ['c7g.4xlarge', 292, 512, 16],
  ] as const)(
    'on %s: %i workers, %i MiB of compiled code, %i nginx workers',
    (type, workers, mib, nginx) => {
      expect(contentOf('php', type, '/etc/php/8.2/fpm/pool.d/www.conf')).toContain(
        `pm.max_children = ${workers}\n`,
      );
      expect(contentOf('php', type, '/etc/php/8.2/fpm/conf.d/90-shop.ini')).toContain(
        `opcache.memory_consumption = ${mib}\n`,
      );
      expect(contentOf('php', type, '/etc/nginx/nginx.conf')).toContain(
        `worker_processes ${nginx};`,
      );
    },
  );
});

function factsOf(type: InstanceType): Facts {
  const [instance_family = '', instance_size = ''] = type.split('.');
  return { ...facts, ...instances[type], instance_type: type, instance_family, instance_size };
}

function planOf(name: string, type: InstanceType) {
  const subject = { facts: factsOf(type), tags: {}, release: { name: '1.4.2' } };
  const selected = selectRole({ class: name, sources, templates, ...subject });
  const role = fillRole(selected, {
    ...subject,
    ...(selected.document.peers && { peers: samplePeers }),
  });
  const listed: ReleaseFile = { sha256: 'ab'.repeat(32), size: 61_234_567 };
  const files = new Map(
    Object.values(role.document.artifacts).map(({ from }) => [from, listed] as const),
  );
  const release = {
    name: '1.4.2',
    source: 's3://acme-releases-eu-west-1/shop/current',
    manifest: 's3://acme-releases-eu-west-1/shop/1.4.2/release.json',
    files,
  };
  const plan: Plan = planFor(role, identityOf({ facts: factsOf(type) }), release);
  return { plan, role };
}

function stepOf(name: string, type: InstanceType, id: string) {
  const step = planOf(name, type).plan.steps.find((each) => each.id === id);
  if (step === undefined) throw new Error(`no step ${id} in ${name}`);
  return step;
}

function contentOf(name: string, type: InstanceType, path: string): string {
  return shown((stepOf(name, type, `file:${path}`) as FileStep).content);
}
