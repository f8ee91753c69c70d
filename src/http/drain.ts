import type { Server } from "node:http";

/** Resolves when the last answer is written, or when the time is over: then the rest is cut. */
export function drained(http: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => http.closeAllConnections(), drainMs);
    const sweep = setInterval(() => http.closeIdleConnections(), 50);
    http.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
    http.closeIdleConnections();
  });
}
