import type { StoreTimers } from './platform.ts';

export const nodeTimers: StoreTimers = {
  nowMs: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
