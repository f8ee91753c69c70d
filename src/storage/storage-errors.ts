import { Conflict, GatewayError } from "../domain/errors.ts";

const UNIQUE_VIOLATIONS = new Set(["SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE", "23505"]);
const DISK_FULL = new Set(["SQLITE_FULL", "53100", "ENOSPC"]);

/** Our own errors pass; all that a driver throws means that the store cannot do its work now. */
export function toStorageError(error: unknown, summary = "The database does not answer."): GatewayError {
  if (error instanceof GatewayError) return error;
  const reason = DISK_FULL.has(codeOf(error)) ? "disk_full" : "unreachable";
  return new GatewayError(
    "storage_unavailable",
    reason === "disk_full" ? "The database has no space left." : summary,
    {
      cause: error,
      details: { reason },
      retryable: true,
      retryAfterMs: 1_000,
      fix: [{ label: "Check the database; what is already loaded is still served" }],
    },
  );
}

/** Gives a violated unique key the sentence that the caller may read; anything else is rethrown as it is. */
export function onDuplicate(
  message: string,
  details: Readonly<Record<string, unknown>>,
): (error: unknown) => never {
  return (error) => {
    if (UNIQUE_VIOLATIONS.has(codeOf(error))) throw new Conflict(message, { cause: error, details });
    throw error;
  };
}

function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : "";
}
