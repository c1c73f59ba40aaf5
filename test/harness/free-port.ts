import { createServer } from 'node:net';

/**
 * A loopback port that nobody listened on a moment ago. Another process may take it before the
 * caller does, so whoever starts a server on it must be ready to ask for another one.
 */
export async function findFreePort(): Promise<number> {
  const probe = createServer();
  return await new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = probe.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('a TCP listener has an address with a port'));
        return;
      }
      probe.close(() => resolve(address.port));
    });
  });
}
