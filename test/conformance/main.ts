import { parseArgs } from "node:util";

import { type EverythingUpstream, startEverythingUpstream } from "../fixtures/everything-upstream.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { ACCEPTED_LOSSES } from "./accepted-losses.ts";
import { CLIENT_SCENARIOS } from "./client-scenarios.ts";
import { type Comparison, type Suite, compare, table } from "./comparison.ts";
import { startKeyProxy } from "./key-proxy.ts";
import { type Check, REVISIONS, type Revision, runClientSuite, runSuite } from "./suite.ts";

/**
 * `npm run conformance [-- --json] [--only-direct] [--only server|client]`: the suite directly and through the gateway,
 * which is a server in front of the project's fixture, and a client of the suite's own servers.
 */
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    "only-direct": { type: "boolean", default: false },
    only: { type: "string" },
  },
});

type Checks = readonly Check[];

interface Found {
  readonly suite: Suite;
  readonly revision: Revision;
  readonly comparison: Comparison;
}

function foundOf(suite: Suite, revision: Revision, direct: Checks, through: Checks | undefined): Found {
  const losses = ACCEPTED_LOSSES.filter(
    (loss) => through !== undefined && loss.suite === suite && loss.revision === revision,
  );
  return { suite, revision, comparison: compare(direct, through ?? direct, losses) };
}

async function throughProxy(gateway: Gateway, server: string, revision: Revision): Promise<Checks> {
  const proxy = await startKeyProxy(gateway.endpoint(server), gateway.key);
  try {
    return await runSuite(proxy.url, revision);
  } finally {
    await proxy.close();
  }
}

/** The fixture with both eras in both revisions; its 2025 half alone in the newer one. */
async function serverSuites(
  gateway: Gateway | undefined,
  upstreams: { readonly dual: EverythingUpstream },
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const revision of REVISIONS) {
    const direct = await runSuite(upstreams.dual.url, revision);
    const through = gateway && (await throughProxy(gateway, "fixture", revision));
    found.push(foundOf("server", revision, direct, through));
    if (revision === "2025-11-25" || gateway === undefined) continue;
    const throughOld = await throughProxy(gateway, "fixture-2025", revision);
    found.push(foundOf("server, 2025 upstream", revision, direct, throughOld));
  }
  return found;
}

async function clientSuites(gateway: Gateway | undefined): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const revision of REVISIONS) {
    const scenarios = CLIENT_SCENARIOS[revision];
    const direct = await runClientSuite(revision, scenarios);
    const through = gateway && (await runClientSuite(revision, scenarios, gateway));
    found.push(foundOf("client", revision, direct, through));
  }
  return found;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function report({ suite, revision, comparison }: Found): void {
  const { passedDirect, passedThrough } = comparison;
  print(
    `\n## ${revision}, ${suite}: ${passedDirect} checks pass directly, ${passedThrough} through the gateway\n`,
  );
  print(table(comparison.rows));
  for (const row of comparison.accepted) {
    print(`accepted (${row.loss.needs}): ${row.check}: ${row.loss.reason}`);
  }
  for (const row of comparison.lost) print(`LOST: ${row.check}: ${row.message ?? row.through}`);
  for (const loss of comparison.stale)
    print(`NOT LOST ANY MORE, remove it from accepted-losses.ts: ${loss.check}`);
}

const dual = await startEverythingUpstream({ port: 0, era: "dual" });
const old = await startEverythingUpstream({ port: 0, era: "2025" });
const gateway = values["only-direct"]
  ? undefined
  : await startGateway({
      mcpServers: {
        fixture: { type: "http", url: dual.url },
        "fixture-2025": { type: "http", url: old.url },
      },
      gateway: { mode: "full" },
    });
const found = [
  ...(values.only === "client" ? [] : await serverSuites(gateway, { dual })),
  ...(values.only === "server" ? [] : await clientSuites(gateway)),
];
await gateway?.stop();
await Promise.all([dual.close(), old.close()]);

if (values.json) print(JSON.stringify(found, undefined, 2));
else found.forEach(report);
process.exitCode = found.every(({ comparison: { lost, stale } }) => lost.length + stale.length === 0) ? 0 : 1;
