import { ServerName } from "../domain/server.ts";
import { usageError } from "./cli-error.ts";

/** The `--profile` of a command. Throws a usage error for what no profile can be called. */
export function profileName(text: string | undefined): string | undefined {
  if (text === undefined || ServerName.safeParse(text).success) return text;
  throw usageError(`"${text}" cannot be a profile's name.`);
}
