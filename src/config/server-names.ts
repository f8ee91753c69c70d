import { ServerName } from "../domain/server.ts";

const LONGEST = 32;

/** The nearest allowed name: `My Server (v2)` becomes `My-Server-v2`. `taken` names get a number behind them. */
export function allowedName(name: string, taken: ReadonlySet<string>): string {
  const wanted = ServerName.safeParse(name).success ? name : repaired(name);
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number++) {
    const end = `-${number}`;
    const candidate = `${wanted.slice(0, LONGEST - end.length)}${end}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function repaired(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^A-Za-z0-9_-]+/g, "-")
    .replaceAll(/_{2,}/g, "_")
    .replace(/^[-_]+/, "")
    .slice(0, LONGEST)
    .replace(/[-_]+$/, "");
  return plain === "" ? "server" : plain;
}
