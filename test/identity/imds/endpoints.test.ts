import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { metadataEndpoints } from '../../../src/identity/imds/endpoints.ts';

const endpoint = (value: string) => metadataEndpoints({ AWS_EC2_METADATA_SERVICE_ENDPOINT: value });
const mode = (value: string) =>
  metadataEndpoints({ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: value });

describe('metadataEndpoints', () => {
  it('gives both link-local addresses where nothing is named, IPv4 first', () => {
    const both = ['http://169.254.169.254', 'http://[fd00:ec2::254]'];
    expect(metadataEndpoints({})).toEqual(both);
    expect(endpoint('')).toEqual(both);
    expect(mode(' ')).toEqual(both);
  });

  it('gives the one of the mode', () => {
    expect(mode('IPv4')).toEqual(['http://169.254.169.254']);
    expect(mode('ipv6')).toEqual(['http://[fd00:ec2::254]']);
    expect(() => mode('IPv5')).toThrow(/ENDPOINT_MODE must be IPv4 or IPv6, and is "IPv5"/);
  });

  it('gives the one that is named, whatever the mode, without a trailing slash', () => {
    expect(endpoint('http://127.0.0.1:1338/')).toEqual(['http://127.0.0.1:1338']);
    expect(endpoint('http://127.0.0.1:1338')).toEqual(['http://127.0.0.1:1338']);
    expect(endpoint('http://[::1]:80/')).toEqual(['http://[::1]']);
    const both = {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://localhost:1',
      AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6',
    };
    expect(metadataEndpoints(both)).toEqual(['http://localhost:1']);
  });

  it.each([
    '127.0.0.1:1338',
    'https://127.0.0.1',
    'http://x/path',
    'http://x/?q',
    'http://u:p@x',
    'http://',
    'no',
  ])('refuses %s', (value) => {
    expect(() => endpoint(value)).toThrow(ConfigError);
    expect(() => endpoint(value)).toThrow(/must be an http address without a path/);
  });
});
