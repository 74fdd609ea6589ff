import { describe, expect, it } from 'vitest';
import { ConfigError } from '../src/errors.ts';
import { formatS3Address, parseS3Address } from '../src/s3-address.ts';

describe('parseS3Address', () => {
  it('takes bucket and key apart, and back', () => {
    const address = parseS3Address('s3://acme-releases/shop/1.4.2/shop.war');
    expect(address).toEqual({ bucket: 'acme-releases', key: 'shop/1.4.2/shop.war' });
    expect(formatS3Address(address)).toBe('s3://acme-releases/shop/1.4.2/shop.war');
  });

  it.each([
    ['https://acme/x', 'does not begin with s3://'],
    ['s3://', 'cannot be the name of a bucket'],
    ['s3://Acme/x', '"Acme" cannot be the name of a bucket'],
    ['s3://acme', 'the key after the bucket is missing'],
    ['s3://acme/', 'the key after the bucket is missing'],
    ['s3://acme/folder/', 'names a folder'],
    [`s3://acme/${'x'.repeat(1025)}`, 'longer than 1024 bytes'],
    ['s3://acme/a\nb', 'control characters'],
  ])('refuses %j', (text, message) => {
    expect(() => parseS3Address(text)).toThrow(ConfigError);
    expect(() => parseS3Address(text)).toThrow(message);
  });
});
