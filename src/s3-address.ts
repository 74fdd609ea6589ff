/** S3 addresses as people write them: `s3://bucket/key`. */
import { ConfigError } from './errors.ts';

export interface S3Address {
  readonly bucket: string;
  readonly key: string;
}

/** Bucket names as "Bucket naming rules" of the S3 user guide has them: 3 to 63 of these, beginning and ending plain. */
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** "Object key naming guidelines" of the S3 user guide: at most 1,024 bytes of UTF-8. */
const longestKey = 1024;

/** The bucket and key of `s3://bucket/key`. Throws ConfigError that says what is wrong with the address. */
export function parseS3Address(text: string): S3Address {
  const parts = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(text);
  const [bucket, key] = [parts?.[1] ?? '', parts?.[2] ?? ''];
  const wrong = parts === null ? 'it does not begin with s3://' : faultOf(bucket, key);
  if (wrong === undefined) return { bucket, key };
  throw new ConfigError(`"${text}" is not the address of an S3 object: ${wrong}`);
}

/** `s3://bucket/key` of an object. */
export function formatS3Address({ bucket, key }: S3Address): string {
  return `s3://${bucket}/${key}`;
}

function faultOf(bucket: string, key: string): string | undefined {
  if (!bucketName.test(bucket))
    return `"${bucket}" cannot be the name of a bucket (3 to 63 lower-case letters, digits, dots and hyphens)`;
  if (key === '') return 'the key after the bucket is missing; wanted s3://bucket/key';
  if (key.endsWith('/'))
    return 'it ends with a slash, which names a folder; wanted s3://bucket/key';
  if (Buffer.byteLength(key) > longestKey) return `its key is longer than ${longestKey} bytes`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  if (/[\u0000-\u001f\u007f]/.test(key)) return 'its key holds control characters';
  return undefined;
}
