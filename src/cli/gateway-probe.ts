import { isJsonObject, stringAt } from "../domain/json.ts";

const PROBE_MS = 1_500;

/** The version of the gateway that answers at `url`; nothing when none does. Never fails and never waits long. */
export async function probeGateway(url: string, fetcher: typeof fetch = fetch): Promise<string | undefined> {
  try {
    const response = await fetcher(`${url}/version`, {
      redirect: "error",
      signal: AbortSignal.timeout(PROBE_MS),
    });
    const value: unknown = await response.json();
    const isGateway = isJsonObject(value) && value["name"] === "switchgear";
    return isGateway ? (stringAt(value, "version") ?? "unknown") : undefined;
  } catch {
    // Refused, silent or no JSON: whatever it is, no gateway.
    return undefined;
  }
}
