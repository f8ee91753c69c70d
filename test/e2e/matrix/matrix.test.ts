import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { type Gateway, startGateway } from "../../support/gateway.ts";
import { Ledger } from "../../support/ledger.ts";
import { type MatrixUpstream, WIRES, type Wire, startMatrix } from "../../support/matrix-upstream.ts";
import { CLIENTS, type ClientName, type Way, connectThrough } from "./cell.ts";
import { defineColumn } from "./column.ts";

/** Names and URIs of the merged endpoint are the same for all clients of an era, so one of each era is enough there. */
function waysOf(client: ClientName): readonly Way[] {
  return client === "SDK v1" || client === "SDK v2 2026" ? ["server", "all"] : ["server"];
}

/** All upstreams offer the same URIs, so each is wrapped; the page of an app stays one of the scheme `ui`. */
function publicUri(wire: Wire, uri: string): string {
  return uri.startsWith("ui://")
    ? `ui://switchgear/${wire}/${uri.slice("ui://".length)}`
    : `switchgear://${wire}/${uri}`;
}

/** Every client in front of every upstream, all behind one gateway. */
describe("the feature matrix", function () {
  this.timeout(30_000);

  let folder: string;
  let ledger: Ledger;
  let upstreams: readonly MatrixUpstream[] = [];
  let gateway: Gateway;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "switchgear-matrix-"));
    ledger = new Ledger(join(folder, "ledger.jsonl"));
    upstreams = await Promise.all(WIRES.map((wire) => startMatrix(wire, ledger.file)));
    gateway = await startGateway({
      mcpServers: Object.fromEntries(upstreams.map(({ wire, entry }) => [wire, entry])),
      gateway: { mode: "full", startup: { grace: "20s" }, limits: { listPageSize: 10 } },
    });
  });

  after(async () => {
    const stopped = await gateway?.stop();
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
    rmSync(folder, { recursive: true, force: true });

    expect(stopped, "what the gateway left behind").to.deep.equal({ code: 0, left: [] });
  });

  for (const wire of WIRES) {
    for (const client of CLIENTS) {
      for (const way of waysOf(client)) {
        const isMerged = way === "all";
        defineColumn({
          client,
          wire,
          way,
          ledger: () => ledger,
          open: (answers) => connectThrough(client, gateway, isMerged ? undefined : wire, answers),
          name: (name) => (isMerged ? `${wire}__${name}` : name),
          uri: (uri) => (isMerged ? publicUri(wire, uri) : uri),
        });
      }
    }
  }
});
