import { GatewayError } from "../domain/errors.ts";
import { stringAt } from "../domain/json.ts";
import { nearestName } from "../domain/nearest-name.ts";
import { CliError } from "./cli-error.ts";
import { EXIT } from "./exit-codes.ts";
import type { GatewayClient } from "./gateway-client.ts";

/** Does `work`; if there is no such tool, the failure names the one that was probably meant. */
export function withToolSuggestion<T>(
  client: GatewayClient,
  tool: string,
  work: () => Promise<T>,
): Promise<T> {
  return suggesting("tool_not_found", tool, work, async () => {
    const tools = await client.list("/api/v1/tools");
    return tools.flatMap((one) => [stringAt(one, "id") ?? "", stringAt(one, "name") ?? ""]);
  });
}

export function withServerSuggestion<T>(
  client: GatewayClient,
  server: string,
  work: () => Promise<T>,
): Promise<T> {
  return suggesting("server_not_found", server, work, async () => {
    const servers = await client.list("/api/v1/servers");
    return servers.map((one) => stringAt(one, "name") ?? "");
  });
}

async function suggesting<T>(
  code: GatewayError["code"],
  name: string,
  work: () => Promise<T>,
  names: () => Promise<readonly string[]>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== code) throw error;
    // Without a list there is no suggestion; the failure itself stands.
    const nearest = nearestName(name, await names().catch(() => []));
    if (nearest === undefined) throw error;
    throw new CliError(
      EXIT.notFound,
      code,
      `${error.message.replace(/\.$/, "")}; did you mean "${nearest}"?`,
      {
        cause: error,
        fix: error.fix,
        details: { ...error.details, did_you_mean: nearest },
      },
    );
  }
}
