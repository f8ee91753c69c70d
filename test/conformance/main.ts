import { parseArgs } from "node:util";

import { type EverythingUpstream, startEverythingUpstream } from "../fixtures/everything-upstream.ts";
import { startGateway } from "../support/gateway.ts";
import { ACCEPTED_LOSSES } from "./accepted-losses.ts";
import { type Comparison, compare, table } from "./comparison.ts";
import { startKeyProxy } from "./key-proxy.ts";
import { type Check, REVISIONS, type Revision, runSuite } from "./suite.ts";

/** `npm run conformance [-- --json] [--only-direct]`: the suite directly against the fixture, and through the gateway. */
const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, "only-direct": { type: "boolean", default: false } },
});

type Results = Readonly<Record<Revision, readonly Check[]>>;

async function runBoth(url: string): Promise<Results> {
  return { "2025-11-25": await runSuite(url, "2025-11-25"), "2026-07-28": await runSuite(url, "2026-07-28") };
}

async function runThrough(upstream: EverythingUpstream): Promise<Results> {
  const gateway = await startGateway({ mcpServers: { fixture: { type: "http", url: upstream.url } } });
  const proxy = await startKeyProxy(gateway.endpoint("fixture"), gateway.key);
  try {
    return await runBoth(proxy.url);
  } finally {
    await proxy.close();
    await gateway.stop();
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function report(revision: Revision, found: Comparison): void {
  print(
    `\n## ${revision}: ${found.passedDirect} checks pass directly, ${found.passedThrough} through the gateway\n`,
  );
  print(table(found.rows));
  for (const row of found.accepted) {
    print(`accepted (${row.loss.needs}): ${row.check}: ${row.loss.reason}`);
  }
  for (const row of found.lost) print(`LOST: ${row.check}: ${row.message ?? row.through}`);
  for (const loss of found.stale)
    print(`NOT LOST ANY MORE, remove it from accepted-losses.ts: ${loss.check}`);
}

const upstream = await startEverythingUpstream({ port: 0, era: "dual" });
const direct = await runBoth(upstream.url);
const through = values["only-direct"] ? undefined : await runThrough(upstream);
await upstream.close();

const found = REVISIONS.map((revision) => {
  const losses = ACCEPTED_LOSSES.filter((loss) => through !== undefined && loss.revision === revision);
  return [revision, compare(direct[revision], (through ?? direct)[revision], losses)] as const;
});
if (values.json) print(JSON.stringify(Object.fromEntries(found), undefined, 2));
else for (const [revision, comparison] of found) report(revision, comparison);
process.exitCode = found.every(([, { lost, stale }]) => lost.length + stale.length === 0) ? 0 : 1;
