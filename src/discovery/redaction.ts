import type { Server } from "../domain/server.ts";

const SECRET_NAME = /key|token|secret|pass|auth|credential|cookie|private|signature/i;
const SHORTEST = 6;
const MASK = "•••";

/** A child that complains may quote what it was given: the values of its definition that are secrets are masked. */
export function withoutSecrets(server: Server, text: string): string {
  return secretsOf(server.entry).reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

/** Longest first, so that a secret inside another one leaves no rest. */
function secretsOf(entry: Server["entry"]): readonly string[] {
  const values = "env" in entry ? entry.env : "headers" in entry ? entry.headers : {};
  return Object.entries(values)
    .filter(([name]) => SECRET_NAME.test(name))
    .flatMap(([, value]) => [value, value.replace(/^(?:Bearer|Basic) +/i, "")])
    .filter((value) => value.length >= SHORTEST && !value.includes("${"))
    .sort((a, b) => b.length - a.length);
}
