// The import directions of ARCHITECTURE.md, checked by `npm run check`.
// main -> commands -> stages -> resources -> host, aws -> the bottom (errors, clock, events, redaction).

const stages = [
  ...['identity', 'roles', 'releases', 'peers', 'plan', 'engine', 'health', 'lifecycle'],
  'image',
];
const bottom = '^src/[a-z-]+\\.ts$';
const room = (names) => `^src/(${names.join('|')})/`;

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/' }, to: {} },
    {
      name: 'nobody-imports-main',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'only-main-imports-commands',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/((main|boot|watch|compile)\\.ts|commands/)' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'bottom-imports-only-bottom',
      severity: 'error',
      from: { path: bottom, pathNot: '^src/(main|boot|watch|compile)\\.ts$' },
      to: { path: '^src/', pathNot: bottom },
    },
    {
      name: 'host-and-aws-import-only-the-bottom',
      severity: 'error',
      from: { path: room(['host', 'aws']) },
      to: { path: '^src/', pathNot: `(${bottom}|^src/(host|aws)/)` },
    },
    {
      name: 'host-and-aws-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/host/' },
      to: { path: '^src/aws/' },
    },
    {
      name: 'resources-import-only-ports-and-bottom',
      severity: 'error',
      from: { path: '^src/resources/' },
      to: { path: '^src/', pathNot: `(${bottom}|^src/resources/|^src/(host/host|aws/aws)\\.ts$)` },
    },
    {
      name: 'a-stage-knows-other-stages-by-their-nouns-alone',
      comment: 'import type only; each stage is a function from nouns to nouns',
      severity: 'error',
      from: { path: `^src/(${stages.join('|')})/` },
      to: {
        path: room(stages),
        pathNot: '^src/$1/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'a-stage-knows-no-implementation-of-a-port',
      severity: 'error',
      from: { path: room(stages) },
      to: { path: room(['host', 'aws']), pathNot: '^src/(host/host|aws/aws)\\.ts$' },
    },
    {
      name: 'only-rehearsal-imports-the-simulator',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(simulator/|commands/(rehearsal/|(rehearse|dry-run|simulated)\\.ts$))',
      },
      to: { path: '^src/simulator/' },
    },
    {
      name: 'only-host-and-simulator-touch-files-and-processes',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(host|simulator)/' },
      to: { path: '^(node:)?(fs|fs/promises|child_process)$|node_modules/execa' },
    },
    {
      name: 'only-aws-imports-the-sdk',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/aws/' },
      to: { path: 'node_modules/@aws-sdk' },
    },
    {
      name: 'pure-stages-touch-no-network',
      severity: 'error',
      from: { path: room(['roles', 'plan']) },
      to: { path: '^(node:)?(http|https|net|tls|dgram|dns)$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
