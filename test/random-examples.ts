/**
 * fast-check, with the same examples in every run: what a run finds, the next one finds again. Others are tried by
 * `FC_SEED=7 npm run test:only`, whose failures name their seed.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 1) });

export default fc;
