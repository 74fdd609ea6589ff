/** Matcher: which HTTP codes count as healthy, as a target group spells them. */

/** True when `code` is in `codes`: `200`, `200-299`, `200,204`, or a mixture. */
export function matches(codes: string, code: number): boolean {
  return codes.split(',').some((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return from !== undefined && to !== undefined && code >= from && code <= to;
  });
}
