/** The TypeScript client of Fencepost. */
export { type AcquireOptions, FencepostClient } from './client/client.ts';
export { Lease } from './client/lease.ts';
