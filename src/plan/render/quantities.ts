/** Quantities as people read them. */

/** `31,437`. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `61.0 MiB`, `312 bytes`. */
export function bytes(count: number): string {
  const units = ['KiB', 'MiB', 'GiB'];
  if (count < 1024) return `${count} bytes`;
  const power = Math.min(units.length, Math.floor(Math.log2(count) / 10));
  return `${(count / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** Milliseconds as `18.5 s`, below a tenth of a second as `40 ms`. */
export function duration(ms: number): string {
  return ms < 100 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** US dollars with as many digits as there are, never as 6e-7. */
export function dollars(usd: number): string {
  return usd.toFixed(8).replace(/0{1,6}$/, '');
}

/** `1 step`, `3 steps`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}
