/** `npm run bench:watch [-- seconds]`: agent watch at rest beside a Node process that does nothing, for longer than in `npm run bench`. */
import { linesOf, watchAtRest } from './watch-at-rest.ts';

/** A look is every five seconds, so the window has twelve. */
const [settleSeconds, windowSeconds] = [15, Number(process.argv[2] ?? 60)];

const measured = await watchAtRest(settleSeconds, windowSeconds);
console.log(`${windowSeconds} s at rest, after ${settleSeconds} s, Node ${process.version}\n`);
console.log(linesOf(measured).join('\n'));
