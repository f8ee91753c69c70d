import { setTimeout as sleep } from "node:timers/promises";

import { GatewayError } from "../domain/errors.ts";

/** Waits, and never keeps the process alive for it. An abort ends the pause early. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // The only failure of this timer is the abort.
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}

/** Waits for work that goes on for others when this caller gives up: then rejects with GatewayError("cancelled"). */
export function waitFor<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void =>
      reject(new GatewayError("cancelled", "The call was cancelled.", { executed: "not_executed" }));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", onAbort))
      .catch(() => undefined);
  });
}
