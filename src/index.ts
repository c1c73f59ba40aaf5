/** The TypeScript client of Fencepost. */
export { type AcquireOptions, type ConnectionOptions, FencepostClient } from './client/client.ts';
export { Lease } from './client/lease.ts';
