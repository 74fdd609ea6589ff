/** What the calls of a boot cost at list price. */
import type { Call } from './plan.ts';

/**
 * US dollars a call. List price of us-east-1, S3 Standard, without free tiers, discounts, data transfer or KMS; from the
 * price pages aws.amazon.com/s3/pricing (GET: 0.0004 per 1,000) and aws.amazon.com/secrets-manager/pricing (0.05 per
 * 10,000 calls). Calls to the metadata service, EC2, Auto Scaling and Elastic Load Balancing are free.
 */
const listPrice: Readonly<Record<Call['service'], number>> = {
  s3: 0.0004 / 1000,
  secretsmanager: 0.05 / 10_000,
  imds: 0,
  autoscaling: 0,
  ec2: 0,
  elbv2: 0,
  elb: 0,
};

/** Where the number comes from, to stand beside it. */
export const priceBasis = 'list price, us-east-1; without data transfer and KMS';

/** US dollars of these calls, and what that number rests on. */
export function costOf(calls: readonly Call[]): { readonly usd: number; readonly basis: string } {
  const usd = calls.reduce((sum, call) => sum + call.count * listPrice[call.service], 0);
  // Far below a cent: rounded to a hundredth of a millionth, so that sums of fractions print as people add them.
  return { usd: Math.round(usd * 1e8) / 1e8, basis: priceBasis };
}
