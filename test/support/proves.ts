import type { BehaviourId } from "../e2e/behaviours.ts";

/**
 * Says which behaviours of the protocol a test proves. It does nothing when it runs: `test/e2e/behaviours.test.ts` reads
 * the citations in the source, and `docs/protocol.md` is made of them.
 */
export function proves(..._ids: readonly [BehaviourId, ...BehaviourId[]]): void {}
