import { randomInt } from 'node:crypto';
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

/**
 * A node that is started again wants its old port back. Those that the system hands out by itself
 * (32768 to 60999 on Linux) may have gone to some outgoing connection meanwhile.
 */
const portMin = 20_000;
const portMax = 32_000;
/** Nobody may listen yet on a port that a test of this process was given before. */
const given = new Set<number>();

/** The first of so many loopback ports in a row that nobody listens on, or is about to. */
export async function steadyPorts(count: number): Promise<number> {
  for (;;) {
    const first = randomInt(portMin, portMax);
    const ports = Array.from({ length: count }, (_, at) => first + at);
    if (ports.some((port) => given.has(port))) continue;
    for (const port of ports) given.add(port);
    const free = await Promise.all(ports.map(isFree));
    if (free.every((each) => each)) return first;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return await new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen({ host: '127.0.0.1', port }, () => probe.close(() => resolve(true)));
  });
}
