import { GatewayError } from "../domain/errors.ts";
import { RPC, type RequestId } from "../domain/protocol.ts";

/** Text that is not the JSON-RPC message it should be. */
export class WireError extends GatewayError {
  /** `-32700` (not JSON) or `-32600` (JSON, but no such message). */
  readonly rpcCode: number;
  /** The id of the bad message, if it could be read: an error reply must carry it. */
  readonly requestId: RequestId | null;

  constructor(
    rpcCode: number,
    message: string,
    options: { cause?: unknown; requestId?: RequestId | null } = {},
  ) {
    super("invalid_request", message, options.cause === undefined ? {} : { cause: options.cause });
    this.rpcCode = rpcCode;
    this.requestId = options.requestId ?? null;
  }

  static notJson(cause?: unknown): WireError {
    return new WireError(RPC.parseError, "The message is not valid JSON.", { cause });
  }

  static invalid(reason: string, requestId?: RequestId | null): WireError {
    return new WireError(RPC.invalidRequest, `Not a valid JSON-RPC message: ${reason}.`, {
      requestId: requestId ?? null,
    });
  }
}
