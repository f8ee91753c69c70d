import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";

/** The GatewayError that `work` must throw. */
export function refusal(work: () => unknown): GatewayError {
  try {
    work();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  return expect.fail("nothing was refused");
}

/** The GatewayError that `work` must reject with. */
export async function rejection(work: () => unknown): Promise<GatewayError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  return expect.fail("nothing was refused");
}
