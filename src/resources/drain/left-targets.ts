/** What a drain took out of target groups, noted so that coming back puts in exactly that: its addresses and ports. */
import type { Target } from '../../aws/aws.ts';
import type { Files } from '../../host/host.ts';

export interface LeftTargets {
  /** Name or ARN, as it was asked for. */
  readonly targetGroup: string;
  readonly targets: readonly Pick<Target, 'id' | 'port'>[];
}

/** Adds to what the drain has left before: one that was cut off goes on under the same id. */
export async function noteLeft(
  files: Pick<Files, 'read' | 'write'>,
  drain: string,
  left: readonly LeftTargets[],
): Promise<void> {
  if (left.length === 0) return;
  const noted = new Map<string, Map<string, LeftTargets['targets'][number]>>();
  for (const { targetGroup, targets } of [...((await readLeft(files, drain)) ?? []), ...left]) {
    const known = noted.get(targetGroup) ?? new Map();
    noted.set(targetGroup, known);
    for (const { id, port } of targets)
      known.set(`${id} ${port}`, { id, ...(port !== undefined && { port }) });
  }
  const all = [...noted].map(([targetGroup, known]) => ({
    targetGroup,
    targets: [...known.values()],
  }));
  await files.write(pathOf(drain), `${JSON.stringify(all, undefined, 2)}\n`, { mode: 0o600 });
}

/** Undefined where the drain took nothing out, or where the file holds something else: as good as none. */
export async function readLeft(
  files: Pick<Files, 'read'>,
  drain: string,
): Promise<LeftTargets[] | undefined> {
  const bytes = await files.read(pathOf(drain));
  if (bytes === undefined) return undefined;
  try {
    const left: unknown = JSON.parse(bytes.toString('utf8'));
    return Array.isArray(left) && left.every(isLeft) ? left : undefined;
  } catch {
    return undefined;
  }
}

function isLeft(one: Partial<LeftTargets> | null): one is LeftTargets {
  return (
    typeof one?.targetGroup === 'string' &&
    Array.isArray(one.targets) &&
    one.targets.every((target) => typeof target?.id === 'string')
  );
}

/** Below /run: an instance that was stopped may have another address when it starts again. */
function pathOf(drain: string): string {
  return `/run/bootstrap-agent/drains/${drain}.targets.json`;
}
