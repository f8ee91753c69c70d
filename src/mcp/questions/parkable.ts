import type { Reply } from "../../wire/reply.ts";
import type { FrontRequest } from "../front-request.ts";
import { toToolFailure } from "../rpc-errors.ts";
import { unmarkState } from "./foreign-states.ts";
import type { ParkedCalls } from "./parked-calls.ts";

interface ParkableDeps {
  readonly parked: ParkedCalls;
}

/** A method that may answer `input_required` (MCP 2026-07-28): its calls can wait for their user between two requests. */
export function parkable<Deps extends ParkableDeps>(
  method: (request: FrontRequest, deps: Deps) => Promise<Reply>,
): (request: FrontRequest, deps: Deps) => Promise<Reply> {
  return (request, deps) => {
    if (request.era === "2025") return method(request, deps);
    if (deps.parked.concerns(request)) return park(request, deps, method);
    const params = unmarkState(request.params);
    return method(params === request.params ? request : { ...request, params }, deps);
  };
}

async function park<Deps extends ParkableDeps>(
  request: FrontRequest,
  deps: Deps,
  method: (request: FrontRequest, deps: Deps) => Promise<Reply>,
): Promise<Reply> {
  try {
    const params = unmarkState(request.params);
    return await deps.parked.run(request, (detached) => method({ ...detached, params }, deps));
  } catch (error) {
    const isTool = request.method === "tools/call";
    const failure = isTool ? toToolFailure(error, request.requestId, request.era) : undefined;
    if (failure === undefined) throw error;
    return failure;
  }
}
