/** The graph of steps: an order in which each comes after what it needs, and the circles that make that impossible. */

export interface Node {
  readonly id: string;
  readonly needs: readonly string[];
}

/**
 * The nodes in an order in which each comes after what it needs; among those that could come next the one that stood first
 * in `nodes`, so that the same nodes always give the same order and an order that is right already stays. Needs that name
 * no node are ignored; nodes on a circle, and what needs them, are left out (`circlesIn` names them).
 */
export function inOrder<N extends Node>(nodes: readonly N[]): N[] {
  const known = new Set(nodes.map((node) => node.id));
  const waiting = nodes.map((node) => new Set(node.needs.filter((need) => known.has(need))));
  const neededBy = new Map<string, number[]>();
  waiting.forEach((needs, index) => {
    for (const need of needs) {
      const others = neededBy.get(need);
      if (others === undefined) neededBy.set(need, [index]);
      else others.push(index);
    }
  });
  const ready = waiting.flatMap((needs, index) => (needs.size === 0 ? [index] : []));
  const ordered: N[] = [];
  while (ready.length > 0) {
    const next = nodes[ready.shift() as number] as N;
    ordered.push(next);
    for (const index of neededBy.get(next.id) ?? []) {
      waiting[index]?.delete(next.id);
      if (waiting[index]?.size === 0) ready.splice(placeFor(index, ready), 0, index);
    }
  }
  return ordered;
}

/** Where `number` belongs in the sorted `numbers`. */
function placeFor(number: number, numbers: readonly number[]): number {
  let from = 0;
  for (let to = numbers.length; from < to; ) {
    const middle = (from + to) >> 1;
    if ((numbers[middle] ?? 0) < number) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Circles among the nodes, each as the ids along it with the first one again at its end; at least one for every knot. */
export function circlesIn(nodes: readonly Node[]): string[][] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const done = new Set<string>();
  const path: string[] = [];
  const circles: string[][] = [];
  const visit = (id: string): void => {
    const seen = path.indexOf(id);
    if (seen >= 0) circles.push([...path.slice(seen), id]);
    if (seen >= 0 || done.has(id)) return;
    path.push(id);
    for (const need of byId.get(id)?.needs ?? []) if (byId.has(need)) visit(need);
    path.pop();
    done.add(id);
  };
  for (const node of nodes) visit(node.id);
  return circles;
}

/** Ids of all nodes that come after one of `starts`, directly or through others; `starts` themselves are not among them. */
export function comingAfter(starts: ReadonlySet<string>, nodes: readonly Node[]): Set<string> {
  const after = new Set<string>();
  let before = -1;
  while (after.size > before) {
    before = after.size;
    for (const node of nodes)
      if (node.needs.some((need) => starts.has(need) || after.has(need))) after.add(node.id);
  }
  return after;
}
