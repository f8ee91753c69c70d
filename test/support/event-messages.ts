import type { JsonObject } from "../../src/domain/json.ts";

/** Reads an event stream until `count` messages came, or it has ended. */
export async function messages(response: Response, count: number): Promise<JsonObject[]> {
  const found: JsonObject[] = [];
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString("utf8");
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines)
      if (line.startsWith("data: {")) found.push(JSON.parse(line.slice(6)) as JsonObject);
    if (found.length >= count) break;
  }
  return found;
}
