/** The namespace of every answer of EC2, with the version of its API. */
export const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';
