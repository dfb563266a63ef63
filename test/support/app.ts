/** Applications on the servers that all tests share (global.ts); a test may give it others. */
import { inject } from 'vitest';
import { Application as Any, type ApplicationOptions, type Servers } from './application.ts';

export { partitionOf, type Sendable } from './application.ts';

type Options = Omit<ApplicationOptions, 'servers'> & { readonly servers?: Partial<Servers> };

export type Application = Any;
export const Application = {
  create: ({ servers, ...options }: Options = {}): Promise<Any> =>
    Any.create({ ...options, servers: { kafka: inject('kafka'), redis: inject('redis'), registry: inject('registry'), ...servers } }),
};
